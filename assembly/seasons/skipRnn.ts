/**
 * Skip RNN as a sampling policy (Campos et al., "Skip RNN: Learning to Skip State Updates in Recurrent Neural Networks",
 * ICLR 2018), with a UGRNN cell of 4 units.
 *
 * The update probability is constant while the state is not updated, so the accumulated one reaches 1/2 after
 * ceil(1/2 / p) slots: the skip is known at the sample, and nothing runs in between. The threshold is subtracted from the
 * logit of p. Inputs are free of scale, so that one set of weights serves every signal: logarithms of the change since
 * the sample before and of the error of linear prediction, each relative to its mean so far, and of the slots between.
 *
 * Fixed point: features, states, activations and logits have 12 fraction bits, weights 5; a product sum is rounded half
 * up once. The sigmoid is the PLAN approximation: straight lines of slopes 1/4, 1/8 and 1/32, exact at a shift.
 */
import { config, deviation, head, mean, previous } from './state';
import { weights } from './skipRnnWeights';

const HIDDEN: usize = 4;
const FEATURES: usize = 3;
const ROW: usize = FEATURES + HIDDEN + 1;
const ONE: i32 = 4096;
const HALF: i32 = 2048;
/** Added to the logit: with a threshold of 0 every slot is sampled, since states and weights keep it above -20. */
const OFFSET: i32 = 20 << 12;
/** Logarithms relative to the mean are limited to this: a factor of 256 either way. */
const LG_RANGE: i32 = 8 << 12;
/** Measures are limited to 26 bits, so that the logarithm's argument fits 32. */
const MEASURE_LIMIT: i64 = 0x3ffffff;
/** Samples after which the sums behind the running means are halved. */
const MEMORY: u32 = 4096;
const MAX_ELAPSED: u32 = 255;
const SLOPE_BITS: u32 = 8;

/** State of this policy, in place of the deviations that it does not use: followed by the states (i16), 32 bytes of 36. */
@unmanaged @final
class Cell {
  /** Sums of change and prediction error over `count` samples: the running means. */
  change: u64;
  surprise: u64;
  count: u32;
  /** Slot of the sample before. */
  last: u32;
}

/** Address of the states in the module's state. */
const states: usize = deviation + offsetof<Cell>();
/** Features, states and a one (i32): what a row of weights is multiplied with. */
const input: usize = memory.data(32, 8);
const inputStates: usize = input + 12;

/** The first sample: state and slopes are zero. */
export function primeSkipRnn(values: usize, axes: usize): void {
  memory.fill(deviation, 0, offsetof<Cell>() + 2 * HIDDEN);
  const cell = changetype<Cell>(deviation);
  cell.last = head.now;
  for (let at: usize = 0; at < axes; at += 4) {
    store<i32>(previous + at, load<i32>(values + at));
    store<i32>(mean + at, 0);
  }
}

/** Updates features and state with the sample of slot `head.now` and returns the slots to skip. */
export function skipRnn(values: usize, axes: usize): u32 {
  const cell = changetype<Cell>(deviation);
  const elapsed = <i32>max<u32>(1, min<u32>(head.now - cell.last, MAX_ELAPSED));
  cell.last = head.now;
  let change: i64 = 0;
  let surprise: i64 = 0;
  for (let at: usize = 0; at < axes; at += 4) {
    const x = load<i32>(values + at);
    const difference = x - load<i32>(previous + at);
    const unforeseen = (<i64>difference << SLOPE_BITS) - <i64>load<i32>(mean + at) * elapsed;
    change += <i64>abs<i32>(difference);
    surprise += abs<i64>(unforeseen);
    store<i32>(mean + at, (difference << SLOPE_BITS) / elapsed);
    store<i32>(previous + at, x);
  }
  const changed = <u32>min(change, MEASURE_LIMIT);
  const surprised = <u32>min(surprise >> SLOPE_BITS, MEASURE_LIMIT);
  cell.change += changed;
  cell.surprise += surprised;
  if (++cell.count == MEMORY) {
    cell.change >>= 1;
    cell.surprise >>= 1;
    cell.count >>= 1;
  }
  const count = lg(<u64>cell.count);
  store<i32>(input, relative(changed, cell.change, count));
  store<i32>(input, relative(surprised, cell.surprise, count), 4);
  store<i32>(input, lg(<u64>elapsed) >> 2, 8);
  for (let unit: usize = 0; unit < HIDDEN; unit++) {
    store<i32>(inputStates + (unit << 2), <i32>load<i16>(states + (unit << 1)));
  }
  store<i32>(input, ONE, 28);
  for (let unit: usize = 0; unit < HIDDEN; unit++) {
    const gate = sigmoid(product(weights + unit * ROW, input, ROW));
    const candidate = 2 * sigmoid(2 * product(weights + (HIDDEN + unit) * ROW, input, ROW)) - ONE;
    const before = load<i32>(inputStates + (unit << 2));
    store<i16>(states + (unit << 1), <i16>(candidate + ((gate * (before - candidate) + HALF) >> 12)));
  }
  return skipOf(updateProbability());
}

/** p = sigmoid(logit of the state - threshold). */
@inline
function updateProbability(): i32 {
  const out = weights + 2 * HIDDEN * ROW;
  let sum: i32 = 16 + (<i32>load<i8>(out + HIDDEN) << 12);
  for (let unit: usize = 0; unit < HIDDEN; unit++) {
    sum += <i32>load<i8>(out + unit) * <i32>load<i16>(states + (unit << 1));
  }
  const logit = sum >> 5;
  // A threshold is at most 31 bits wide; beyond the offset and the sigmoid's reach it makes no difference.
  return sigmoid(logit + OFFSET - min<i32>(config.threshold, 1 << 18));
}

/** Slots before p has accumulated to 1/2, within the configured bounds. */
@inline
function skipOf(p: i32): u32 {
  const slots: u32 = p > 0 ? <u32>((HALF + p - 1) / p) - 1 : config.maxSkip;
  return max<u32>(min<u32>(slots, config.maxSkip), config.minSkip);
}

/** lg((x + 1/16) / (mean + 1/16)) / 4, limited; the mean is sum / count, and `count` the logarithm of the count. */
@inline
function relative(x: u32, sum: u64, count: i32): i32 {
  const ratio = lg(((<u64>x) << 4) + 1) - (lg((sum << 4) + 1) - count);
  return max(-LG_RANGE, min(LG_RANGE, ratio)) >> 2;
}

/** Binary logarithm of x >= 1, exact at powers of two and linear between, rounded down. */
function lg(x: u64): i32 {
  const whole = 63 - <i32>clz(x);
  const fraction = (x << (63 - whole)) & 0x7fffffffffffffff;
  return (whole << 12) | <i32>(fraction >> 51);
}

/** Sum of weight times term, rounded half up to 12 fraction bits. */
function product(row: usize, terms: usize, length: usize): i32 {
  let sum: i32 = 16;
  for (let i: usize = 0; i < length; i++) sum += <i32>load<i8>(row + i) * load<i32>(terms + (i << 2));
  return sum >> 5;
}

/** PLAN: within 0.019 of the sigmoid. */
function sigmoid(x: i32): i32 {
  const a = abs<i32>(x);
  let y: i32;
  if (a < ONE) y = (a >> 2) + HALF;
  else if (a < 9728) y = (a >> 3) + 2560;
  else if (a < 20480) y = (a >> 5) + 3456;
  else y = ONE;
  return x < 0 ? ONE - y : y;
}
