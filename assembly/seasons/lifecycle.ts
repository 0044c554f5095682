import { PLAIN_DENSITY, deriveCosts, resetEnergy } from './energy';
import { ABI, Config, MAX_AXES, RING_SIZE, config, configInput, head, stateBase, stateSize } from './state';
import { POLICIES, deriveThreshold, resetPolicy } from './policy';
import { committed, deriveReady } from './queue';

/** What `configure` answers besides 0: the first field at fault, or that the queue must drain first. */
const BAD_POLICY: u32 = 1;
const BAD_AXES: u32 = 2;
const BAD_BATCH: u32 = 3;
const BAD_SLOT: u32 = 4;
const BAD_LATENCY: u32 = 5;
const BAD_SKIP: u32 = 6;
const BAD_RATE: u32 = 7;
const BAD_THRESHOLD: u32 = 8;
const BAD_DENSITY: u32 = 9;
const BUSY: u32 = 100;
/** Samples taken for each that is sent, in quarters: at most 8. */
const MAX_DENSITY: u8 = 32;

/** Forgets everything: a node without stored state. */
export function reset(): void {
  memory.fill(stateBase(), 0, stateSize());
  head.abi = ABI;
}

/**
 * Begins a boot. `node` and `boot` name the packets formed from now on; a packet in flight keeps its own name.
 * Returns 0, or 1 when the restored state has another layout and was reset.
 */
export function start(node: u32, boot: u32): u32 {
  const foreign = <u32>(head.abi != ABI);
  if (foreign) reset();
  head.node = node;
  head.boot = boot;
  // The host may be back since the last attempt: the first packet of a boot does not wait.
  head.retry = head.now;
  head.backoff = 1;
  // Nothing was left when the power failed.
  head.energy = 0;
  head.spent = 0;
  committed();
  return foreign;
}

/**
 * Takes the configuration at `configBase()`. The one already in force changes nothing. Another one restarts the
 * policy; one that changes the meaning of queued samples is refused with BUSY (100) until the queue has drained.
 */
export function configure(): u32 {
  const wanted = changetype<Config>(configInput);
  const fault = validate(wanted);
  if (fault != 0) return fault;
  if (head.configured && memory.compare(changetype<usize>(config), configInput, offsetof<Config>()) == 0) {
    derive();
    return 0;
  }
  const sameMeaning =
    wanted.axes == config.axes &&
    wanted.fractionBits == config.fractionBits &&
    wanted.slotMicros == config.slotMicros;
  if (head.count != 0 && !sameMeaning) return BUSY;
  memory.copy(changetype<usize>(config), configInput, offsetof<Config>());
  if (head.count == 0) {
    head.first = 0;
    head.capacity = RING_SIZE / (4 + 4 * <u32>wanted.axes);
  }
  head.configured = 1;
  head.due = head.now;
  derive();
  resetEnergy();
  resetPolicy();
  return 0;
}

function derive(): void {
  deriveCosts();
  deriveThreshold();
  deriveReady();
}

function validate(wanted: Config): u32 {
  if (wanted.policy >= POLICIES) return BAD_POLICY;
  if (wanted.axes < 1 || wanted.axes > <u8>MAX_AXES) return BAD_AXES;
  if (wanted.batch == 0) return BAD_BATCH;
  if (wanted.slotMicros == 0) return BAD_SLOT;
  if (wanted.latencySlots <= <u32>wanted.sendSlots || wanted.latencySlots > 0x3fffffff) return BAD_LATENCY;
  if (wanted.minSkip > wanted.maxSkip) return BAD_SKIP;
  if (wanted.rate == 0) return BAD_RATE;
  if (wanted.threshold < 0) return BAD_THRESHOLD;
  if (wanted.density < <u8>PLAIN_DENSITY || wanted.density > MAX_DENSITY) return BAD_DENSITY;
  return 0;
}
