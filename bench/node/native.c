/*
 * The sampling engine in plain C, as one would write it for a microcontroller: Uniform and Variation under
 * the controller that follows the energy, the queue, the thinning out and the packets. It decides as
 * assembly/seasons does, bit for bit; docs/seasons.md has the derivations.
 */
#include <stdbool.h>
#include <string.h>

#include "sampler.h"

#define RING_WORDS 768u
#define PRUNABLE 192u
#define VALUE_LIMIT (1 << 21)

#define UNCONFIGURED_SLEEP 16u
#define DARK_SLOTS 8u
#define FADE_SLOTS 9u
#define PLAIN_DENSITY 4u
#define INCOME_SHIFT 9u
#define RECENT_SHIFT 4u
#define DRAIN_SHIFT 6u
#define LONGEST 0x3fffffffu
#define NEVER 0x3fffffff
#define MOST_SLOTS 0x3fffffu
#define MOST_INCOME 0x0effffffu
#define PLAN_SLOTS 8u

#define HEADER 19u
#define PACKET_TYPE 3u
#define PACKET_OVERHEAD 28u
#define FRAME_OVERHEAD 5u
#define MAX_PAYLOAD 221u
#define MAX_BODY 244u
#define SLACK 50u
#define MAX_BACKOFF 64u

#define POLICY_UNIFORM 0u
#define POLICY_VARIATION 5u
#define VARIATION_BITS 4u
#define VARIATION_WEIGHT 154
#define HALF_UNIT 8u
#define THIRD 85
#define LEAST_EXPONENT (4 << 8)
#define MOST_EXPONENT (20 << 8)
#define DEMAND_SHIFT 9u
#define LEAST_RATIO 64u
#define MOST_RATIO 1024u

typedef struct {
  uint8_t policy, axes, fraction_bits, batch;
  uint32_t slot_micros, latency_slots;
  uint16_t send_slots, min_skip, max_skip, rate;
  int32_t threshold;
  uint32_t sample_nj, packet_nj, byte_nj;
  uint16_t horizon;
  uint8_t reserve, density;
} config_t;

typedef struct {
  uint32_t node, boot, seq, now, wake, due;
  uint32_t phase, carry, latest, variation, demand;
  uint32_t measured, energy, spent, peak, income, recent, idle, drain, interval, planned;
  uint32_t first, oldest, count, capacity, given_up;
  uint32_t in_flight, span, packet_boot, packet_seq, packet_length, send_limit, keep, retry, backoff;
  bool configured, primed, whole;
  uint32_t sampled, formed, acknowledged, blocked, late, pruned, expired;
  int32_t previous[SAMPLER_MAX_AXES];
} state_t;

/* What follows from the configuration. */
typedef struct {
  uint32_t window, shortest, longest, recent_shift, horizon_shift;
  uint32_t empty_packet, usual_bytes, per_sample, most_bytes, packet_share, packet_per_slot;
  uint32_t longest_full, burst_interval, burst_energy, ample, safe, reserved, reserved_peak;
  int32_t threshold_log;
  uint32_t entry_words, ready;
} costs_t;

static config_t config;
static costs_t costs;
static state_t state;
static uint32_t ring[RING_WORDS];
static int32_t input[SAMPLER_MAX_AXES];
static uint8_t left_out[PRUNABLE / 8];
static uint32_t areas[PRUNABLE];
static uint8_t body[MAX_BODY + SLACK];

static inline uint32_t min_u32(uint32_t a, uint32_t b) {
  return a < b ? a : b;
}

static inline uint32_t max_u32(uint32_t a, uint32_t b) {
  return a > b ? a : b;
}

static inline uint32_t clz_u32(uint32_t x) {
  return x == 0 ? 32 : (uint32_t)__builtin_clz(x);
}

/* Slots from one to another, negative once it has passed. */
static inline int32_t until(uint32_t slot, uint32_t target) {
  return (int32_t)(target - slot);
}

/* 256 log2(x) for x of at least 1, and 2^(x / 256), linear between powers of two. */
static int32_t log2_fixed(uint32_t x) {
  const uint32_t whole = 31 - clz_u32(x);
  return (int32_t)(whole << 8 | ((x << (31 - whole) >> 23) & 0xff));
}

static uint32_t exp2_fixed(int32_t x) {
  const uint32_t whole = (uint32_t)x >> 8;
  const uint32_t mantissa = ((uint32_t)x & 0xff) | 0x100;
  return whole >= 8 ? mantissa << (whole - 8) : mantissa >> (8 - whole);
}

/* The ring: entries of a slot and a value per axis. */

static uint32_t *entry_at(uint32_t index) {
  uint32_t place = state.first + index;
  if (place >= state.capacity)
    place -= state.capacity;
  return ring + place * costs.entry_words;
}

static void release(uint32_t entries) {
  state.first += entries;
  if (state.first >= state.capacity)
    state.first -= state.capacity;
  state.count -= entries;
  if (state.count != 0)
    state.oldest = *entry_at(0);
}

static inline bool is_full(void) {
  return state.count + state.given_up >= state.capacity;
}

/* Energy. */

static inline uint32_t packet_energy(uint32_t samples) {
  return costs.empty_packet + min_u32(samples * costs.most_bytes, MAX_PAYLOAD) * config.byte_nj;
}

static void derive_safe(void) {
  costs.safe = costs.ample + state.drain * FADE_SLOTS;
}

static void derive_costs(void) {
  costs.entry_words = 1u + config.axes;
  costs.ready = min_u32(config.batch, state.capacity);
  costs.window = config.latency_slots - config.send_slots;
  costs.shortest = (config.min_skip + 1u) << 8;
  costs.longest = min_u32(costs.window, MOST_SLOTS) << 8;
  costs.recent_shift = min_u32(max_u32(31 - clz_u32(costs.window), RECENT_SHIFT), INCOME_SHIFT);
  costs.horizon_shift = 31 - clz_u32(max_u32(config.horizon, 1));
  costs.empty_packet = config.packet_nj + PACKET_OVERHEAD * config.byte_nj;
  costs.usual_bytes = max_u32((1u + 2u * config.axes) * config.byte_nj, 1);
  costs.most_bytes = 1u + 3u * config.axes;
  costs.per_sample = (uint32_t)((uint64_t)config.density * config.sample_nj >> 2) + costs.usual_bytes;
  costs.ample = packet_energy(config.batch);
  costs.ample += costs.ample >> 4;
  derive_safe();
  costs.packet_share = costs.empty_packet / config.batch;
  costs.packet_per_slot = costs.empty_packet / costs.window;
  costs.burst_energy = costs.empty_packet >> 2;
  costs.longest_full = costs.longest / config.batch;
  costs.burst_interval = costs.longest / max_u32(1, min_u32(min_u32(config.batch, costs.window),
                                                            costs.burst_energy / costs.per_sample));
  costs.reserved = costs.reserved_peak = 0;
  costs.threshold_log = log2_fixed(((uint32_t)config.threshold << VARIATION_BITS) + HALF_UNIT);
}

static void reset_energy(void) {
  state.income = (uint32_t)((uint64_t)config.rate * (costs.per_sample + costs.packet_share) >> 16);
  state.recent = state.income;
  state.peak = 0;
  state.measured = state.now;
  state.energy = state.spent = state.idle = state.drain = 0;
  derive_safe();
  state.interval = 256;
  state.planned = state.now - PLAN_SLOTS;
}

static uint32_t averaged(uint32_t mean, uint32_t gained, uint32_t slots, uint32_t shift) {
  if (slots >= 1u << shift)
    return gained / slots;
  return (uint32_t)((int64_t)mean + (((int64_t)gained - (int64_t)mean * slots) >> shift));
}

static void learn_drain(uint32_t fallen, uint32_t spent, uint32_t slots) {
  fallen -= min_u32(fallen, spent >> 4);
  const uint32_t each = min_u32(slots == 1 ? fallen : fallen / slots, MOST_INCOME);
  if (each >= state.drain)
    state.drain = each;
  else if (spent == 0)
    state.drain -= (state.drain - each) >> DRAIN_SHIFT;
  derive_safe();
}

static void learn(uint32_t slot, uint32_t energy) {
  const uint32_t slots = slot - state.measured;
  state.measured = slot;
  if (state.peak == 0)
    return;
  const uint32_t before = state.energy;
  const uint32_t spent = state.spent;
  state.energy = energy;
  state.spent = 0;
  const uint32_t sum = energy + spent;
  uint32_t gained = 0;
  if (sum >= before || sum < energy)
    gained = sum - before;
  else if (spent == 0 || spent == config.sample_nj)
    learn_drain(before - sum, spent, slots);
  uint32_t income = state.income;
  uint32_t recent = state.recent;
  bool dim;
  if (slots < 1u << RECENT_SHIFT && (income | recent | gained >> INCOME_SHIFT) < 1u << (31 - INCOME_SHIFT)) {
    income += (uint32_t)((int32_t)(gained - income * slots) >> INCOME_SHIFT);
    recent += (uint32_t)((int32_t)(gained - recent * slots) >> costs.recent_shift);
    dim = gained <= income * slots >> 4;
  } else {
    income = averaged(income, gained, slots, INCOME_SHIFT);
    recent = averaged(recent, gained, slots, costs.recent_shift);
    dim = (uint64_t)gained << 4 <= (uint64_t)income * slots;
  }
  state.income = income;
  state.recent = recent;
  state.idle = dim ? state.idle + slots : 0;
}

static inline void observe(uint32_t slot, uint32_t energy) {
  if (slot != state.measured)
    learn(slot, energy);
  if (energy > state.peak) {
    if (state.peak == 0)
      state.energy = energy;
    state.peak = energy;
  }
}

static uint32_t body_energy(uint32_t length) {
  return config.packet_nj + (length + FRAME_OVERHEAD) * config.byte_nj;
}

static uint32_t affordable_samples(uint32_t energy) {
  return energy < costs.empty_packet
             ? 0
             : (energy - costs.empty_packet) / max_u32(costs.most_bytes * config.byte_nj, 1);
}

static inline bool is_dark(void) {
  return state.idle >= DARK_SLOTS;
}

static inline bool is_ebbing(uint32_t energy) {
  return is_dark() || (state.idle != 0 && energy < state.drain * (DARK_SLOTS + FADE_SLOTS));
}

static inline bool is_low(uint32_t energy, uint32_t samples) {
  return energy < costs.safe && (is_dark() || energy < state.drain * (DARK_SLOTS + FADE_SLOTS)) &&
         energy < packet_energy(samples) + state.drain * FADE_SLOTS;
}

static bool may_fail(uint32_t energy, uint32_t slots) {
  return (uint64_t)state.drain * (slots + 1) > (energy > costs.ample ? energy - costs.ample : 0);
}

static uint32_t predicted(uint32_t energy, uint32_t slots) {
  if (is_ebbing(energy))
    return energy;
  const uint64_t sum = energy + ((uint64_t)min_u32(state.income, state.recent) * slots >> 3);
  return sum > 0xffffffffu ? 0xffffffffu : (uint32_t)sum;
}

static uint32_t remaining(uint32_t energy, uint32_t slots) {
  const uint64_t lost = (uint64_t)state.drain * slots;
  return lost >= energy ? 0 : energy - (uint32_t)lost;
}

static uint32_t begin_energy(void) {
  const uint32_t samples =
      max_u32(1, min_u32(config.batch, (costs.longest + state.interval - 1) / state.interval));
  const uint32_t sampling = (uint32_t)((uint64_t)config.density * config.sample_nj * samples >> 2);
  return packet_energy(samples) + min_u32(sampling, costs.burst_energy);
}

/* 256 a / b, limited. */
static uint32_t quotient(uint32_t a, uint32_t b) {
  const uint32_t shift = min_u32(8, clz_u32(a));
  const uint32_t divisor = b >> (8 - shift);
  return divisor == 0 ? LONGEST : min_u32((a << shift) / divisor, LONGEST);
}

static uint32_t sustained(uint32_t available, uint32_t each) {
  const uint32_t full = quotient(each + costs.packet_share, available);
  if (full <= costs.longest_full)
    return full;
  return available > costs.packet_per_slot ? quotient(each, available - costs.packet_per_slot)
                                           : costs.burst_interval;
}

static uint32_t affordable_interval(void) {
  if (state.peak != costs.reserved_peak) {
    costs.reserved_peak = state.peak;
    costs.reserved = (uint32_t)((uint64_t)state.peak * config.reserve >> 8);
  }
  int32_t all = (int32_t)min_u32(state.income, MOST_INCOME);
  if (state.energy >= costs.reserved)
    all += (int32_t)min_u32((state.energy - costs.reserved) >> costs.horizon_shift, MOST_INCOME);
  else
    all -= (int32_t)min_u32((costs.reserved - state.energy) >> costs.horizon_shift, MOST_INCOME);
  const uint32_t available = all <= 0 ? 0 : (uint32_t)(all - (all >> 3) + (all >> 5) - (all >> 7));
  uint32_t interval = sustained(available, costs.per_sample);
  if (interval * config.density < PLAIN_DENSITY << 8)
    interval = available > config.sample_nj ? sustained(available - config.sample_nj, costs.usual_bytes)
                                            : costs.burst_interval;
  return max_u32(256, min_u32(interval, costs.burst_interval));
}

static inline void plan(uint32_t slot) {
  if (slot - state.planned < PLAN_SLOTS)
    return;
  state.planned = slot;
  state.interval = affordable_interval();
}

/* Policies. */

static uint32_t uniform(void) {
  const uint32_t rate = config.rate == 65535 ? 65536 : config.rate;
  const uint32_t phase = state.phase + 65536;
  const uint32_t interval = phase / rate;
  state.phase = phase - interval * rate;
  return interval;
}

/* Sum over axes of the change since the sample before: below 2^26, as values are limited. */
static inline uint32_t linear_change(const int32_t *values) {
  uint32_t change = 0;
  int32_t *before = state.previous;
  const int32_t *end = values + config.axes;
  do {
    const int32_t x = *values++;
    const int32_t difference = x - *before;
    change += (uint32_t)(difference < 0 ? -difference : difference);
    *before++ = x;
  } while (values < end);
  return change;
}

/* 0.6 of a change, rounded down. */
static inline int32_t weighed(int32_t change) {
  return (change >> 8) * VARIATION_WEIGHT + (((change & 0xff) * VARIATION_WEIGHT) >> 8);
}

static inline uint32_t variation(const int32_t *values, uint32_t elapsed) {
  const uint32_t change = linear_change(values) << VARIATION_BITS;
  uint32_t local = change;
  if (elapsed != 1 && change != 0) {
    const int32_t exponent = log2_fixed(change) - (log2_fixed(elapsed) >> 1);
    local = exp2_fixed(exponent < 0 ? 0 : exponent);
  }
  const uint32_t before = state.variation;
  if (before != 0)
    local = before + (uint32_t)weighed((int32_t)(local - before));
  state.variation = local;
  const int32_t ratio = costs.threshold_log - log2_fixed(local + HALF_UNIT);
  int32_t exponent = (8 << 8) + (ratio * THIRD >> 8);
  exponent = exponent < LEAST_EXPONENT ? LEAST_EXPONENT : exponent > MOST_EXPONENT ? MOST_EXPONENT : exponent;
  const uint32_t interval = exp2_fixed(exponent);
  if (config.horizon != 0)
    return interval;
  return max_u32((config.min_skip + 1u) << 8, min_u32((config.max_skip + 1u) << 8, interval));
}

static inline uint32_t propose(const int32_t *values, uint32_t elapsed) {
  if (config.policy == POLICY_VARIATION)
    return variation(values, elapsed);
  return (config.horizon == 0 ? uniform() : 1) << 8;
}

/* A proposed interval over the policy's mean one, in 256ths. */
static uint32_t proportion(uint32_t proposed, uint32_t elapsed) {
  const uint32_t demand = (1u << 24) / proposed;
  const uint32_t weight = min_u32(elapsed, 1u << DEMAND_SHIFT);
  if (state.demand == 0)
    state.demand = demand;
  state.demand =
      state.demand + (uint32_t)((int32_t)(demand - state.demand) * (int32_t)weight >> DEMAND_SHIFT);
  const uint64_t ratio = (uint64_t)state.demand * proposed >> 16;
  return ratio < LEAST_RATIO ? LEAST_RATIO : ratio > MOST_RATIO ? MOST_RATIO : (uint32_t)ratio;
}

static inline uint32_t taken_interval(uint32_t slot) {
  plan(slot);
  return config.density == PLAIN_DENSITY ? state.interval : state.interval * PLAIN_DENSITY / config.density;
}

static inline uint32_t carried(uint32_t interval) {
  const uint32_t limited = max_u32(costs.shortest, min_u32(interval, costs.longest)) + state.carry;
  state.carry = limited & 0xff;
  return limited >> 8;
}

static uint32_t first_interval(uint32_t slot, const int32_t *values) {
  state.latest = slot;
  state.primed = true;
  uint32_t proposed = (config.min_skip + 1u) << 8;
  if (config.policy == POLICY_UNIFORM)
    proposed = propose(values, 1);
  else
    memcpy(state.previous, values, config.axes * sizeof *values);
  return config.horizon == 0 ? (proposed + 128) >> 8 : carried(taken_interval(slot));
}

static uint32_t next_interval(uint32_t slot, const int32_t *values) {
  if (!state.primed)
    return first_interval(slot, values);
  const uint32_t elapsed = max_u32(slot - state.latest, 1);
  state.latest = slot;
  const uint32_t proposed = propose(values, elapsed);
  if (config.horizon == 0)
    return (proposed + 128) >> 8;
  return carried((uint32_t)((uint64_t)taken_interval(slot) * proportion(proposed, elapsed) >> 8));
}

/* Decisions. */

static uint32_t wanted_samples(uint32_t count) {
  if (config.density == PLAIN_DENSITY)
    return count;
  return min_u32(count, 1 + ((state.now - state.oldest) << 8) / state.interval);
}

static int32_t until_urgent(uint32_t slot, uint32_t wanted) {
  const uint32_t packets = wanted <= config.batch ? 1 : (wanted + config.batch - 1) / config.batch;
  const uint32_t sending = min_u32(packets * config.send_slots, config.latency_slots);
  return until(slot, state.oldest + config.latency_slots - sending);
}

static uint32_t until_bound(uint32_t slot) {
  if (state.count == 0)
    return costs.window;
  const int32_t left = until(slot, state.oldest + costs.window);
  return left < 0 ? 0 : (uint32_t)left;
}

static void take_whole(uint32_t samples) {
  state.send_limit = samples;
  state.keep = samples;
  state.whole = true;
}

static bool is_sendable(uint32_t slot, uint32_t energy, bool urgent, uint32_t wanted) {
  const uint32_t samples = min_u32(wanted, config.batch);
  const uint32_t need = packet_energy(samples);
  state.keep = wanted;
  state.send_limit = samples;
  state.whole = false;
  if (!urgent) {
    const uint32_t left =
        is_ebbing(energy) ? remaining(energy, min_u32(until_bound(slot) + 1, FADE_SLOTS)) : energy;
    if (energy >= need) {
      if (wanted < config.batch && !is_full() && left >= need)
        return false;
    } else if (!is_dark() || left >= packet_energy(samples >> 1)) {
      return false;
    }
  }
  if (energy >= need) {
    if (energy < need << 1)
      take_whole(samples);
    return true;
  }
  const uint32_t affordable = affordable_samples(energy);
  if (affordable << 1 < samples && slot - state.oldest < config.latency_slots)
    return false;
  if (affordable == 0)
    return false;
  take_whole(affordable);
  return true;
}

static inline bool is_sampleable(uint32_t slot, uint32_t energy) {
  if (energy < config.sample_nj)
    return false;
  const uint32_t left = energy - config.sample_nj;
  if (state.count != 0 && state.count + state.given_up < costs.ready && left >= costs.ample)
    return true;
  if (is_full())
    return false;
  uint32_t need;
  if (state.count == 0) {
    plan(slot);
    need = begin_energy();
  } else {
    const uint32_t wanted = wanted_samples(state.count + 1);
    need = packet_energy(min_u32(wanted, config.batch));
    if (wanted > config.batch)
      need += packet_energy(min_u32(wanted - config.batch, config.batch));
  }
  need += need >> 4;
  return left >= need || predicted(left, until_bound(slot)) >= need;
}

/* 0 for a packet now, else the slots until the queue is urgent. */
static int32_t serve(uint32_t slot, uint32_t energy) {
  const uint32_t wanted = wanted_samples(state.count);
  const int32_t urgent = until_urgent(slot, wanted);
  if (is_sendable(slot, energy, urgent <= 0, wanted))
    return 0;
  if (slot - state.oldest <= config.latency_slots)
    return urgent < 1 ? 1 : urgent;
  do {
    release(1);
    state.given_up++;
    state.expired++;
  } while (state.count != 0 && slot - state.oldest > config.latency_slots);
  if (state.count == 0)
    return NEVER;
  const int32_t next = until_urgent(slot, wanted_samples(state.count));
  return next < 1 ? 1 : next;
}

uint32_t sampler_next(uint32_t slot, uint32_t energy) {
  state.now = slot;
  if (!state.configured) {
    state.wake = slot + UNCONFIGURED_SLEEP;
    return SAMPLER_SLEEP;
  }
  observe(slot, energy);
  int32_t service = NEVER;
  if (state.in_flight != 0) {
    service = until(slot, state.retry);
    if (service <= 0 && energy >= body_energy(state.packet_length))
      return SAMPLER_SEND;
  } else if (state.count != 0) {
    service = until(slot, state.oldest + costs.window);
    if (service <= 0 || state.count >= costs.ready || (state.idle != 0 && is_low(energy, state.count))) {
      service = serve(slot, energy);
      if (service == 0)
        return SAMPLER_SEND;
    }
  }
  int32_t sampling = until(slot, state.due);
  if (sampling <= 0) {
    if (is_sampleable(slot, energy)) {
      state.spent += config.sample_nj;
      return SAMPLER_SAMPLE;
    }
    state.blocked++;
    sampling = is_dark() && !is_full() ? (int32_t)DARK_SLOTS >> 1 : 1;
    state.due = slot + (uint32_t)sampling;
  }
  const int32_t first = service < sampling ? service : sampling;
  uint32_t wait = first < 1 ? 1 : (uint32_t)first;
  if (wait > 1 && energy < costs.safe && state.idle == 0 && state.count != 0 && is_low(energy, state.count))
    wait = 1;
  if (wait > DARK_SLOTS && state.count != 0 && may_fail(energy, wait))
    wait = DARK_SLOTS;
  state.wake = slot + wait;
  return SAMPLER_SLEEP;
}

uint32_t sampler_wake_slot(void) {
  return state.wake;
}

int32_t *sampler_input(void) {
  return input;
}

static void limit(int32_t *values) {
  for (uint32_t axis = 0; axis < config.axes; axis++) {
    const int32_t x = values[axis];
    values[axis] = x < -VALUE_LIMIT ? -VALUE_LIMIT : x >= VALUE_LIMIT ? VALUE_LIMIT - 1 : x;
  }
}

uint32_t sampler_push(uint32_t slot) {
  if (is_full()) {
    state.blocked++;
    return 1;
  }
  uint32_t *entry = entry_at(state.count);
  entry[0] = slot;
  int32_t *const values = (int32_t *)entry + 1;
  uint32_t beyond = 0;
  uint32_t axis = 0;
  do {
    const int32_t x = input[axis];
    values[axis] = x;
    beyond |= (uint32_t)x + VALUE_LIMIT;
  } while (++axis < config.axes);
  if (beyond >= 2u * VALUE_LIMIT)
    limit(values);
  if (state.count == 0)
    state.oldest = slot;
  state.count++;
  state.sampled++;
  state.due = slot + next_interval(slot, values);
  state.given_up = 0;
  return 0;
}

/* Thinning out. */

static bool is_left_out(uint32_t index) {
  return index < PRUNABLE && (left_out[index >> 3] >> (index & 7) & 1);
}

static uint32_t kept_before(uint32_t index) {
  do
    index--;
  while (is_left_out(index));
  return index;
}

static uint32_t kept_after(uint32_t index) {
  do
    index++;
  while (is_left_out(index));
  return index;
}

static uint32_t area(uint32_t before, uint32_t index, uint32_t after) {
  const uint32_t *left = entry_at(before);
  const uint32_t *middle = entry_at(index);
  const uint32_t *right = entry_at(after);
  const int64_t whole = right[0] - left[0];
  const int64_t part = middle[0] - left[0];
  uint64_t sum = 0;
  for (uint32_t axis = 1; axis <= config.axes; axis++) {
    const int32_t start = (int32_t)left[axis];
    const int64_t doubled = ((int32_t)middle[axis] - start) * whole - ((int32_t)right[axis] - start) * part;
    sum += (uint64_t)(doubled < 0 ? -doubled : doubled);
  }
  return sum < UINT32_MAX ? (uint32_t)sum : UINT32_MAX - 1;
}

static void keep_all(void) {
  memset(left_out, 0, sizeof left_out);
}

static void prune(uint32_t keep) {
  keep_all();
  const uint32_t count = min_u32(state.count, PRUNABLE);
  if (count < state.count)
    keep = keep * count / state.count;
  areas[0] = areas[count - 1] = UINT32_MAX;
  for (uint32_t i = 1; i + 1 < count; i++)
    areas[i] = area(i - 1, i, i + 1);
  for (uint32_t kept = count; kept > max_u32(keep, 2); kept--) {
    uint32_t least = 1;
    uint32_t found = UINT32_MAX;
    for (uint32_t i = 1; i + 1 < count; i++) {
      if (areas[i] < found) {
        found = areas[i];
        least = i;
      }
    }
    areas[least] = UINT32_MAX;
    left_out[least >> 3] |= (uint8_t)(1u << (least & 7));
    const uint32_t before = kept_before(least);
    const uint32_t after = kept_after(least);
    if (before != 0)
      areas[before] = area(kept_before(before), before, after);
    if (after != count - 1)
      areas[after] = area(before, after, kept_after(after));
  }
}

/* Packets. */

static uint32_t body_end;
static uint32_t packet_span;
static uint32_t packet_late;

static void put_u32(uint8_t *to, uint32_t value) {
  memcpy(to, &value, sizeof value);
}

static uint8_t *put_varint(uint8_t *to, uint32_t value) {
  for (; value > 0x7f; value >>= 7)
    *to++ = (uint8_t)(value | 0x80);
  *to++ = (uint8_t)value;
  return to;
}

static uint32_t zigzag(int32_t value) {
  return (uint32_t)value << 1 ^ (uint32_t)(value >> 31);
}

static uint32_t put_samples(uint32_t limit) {
  const uint32_t *before = NULL;
  uint32_t count = 0;
  body_end = HEADER;
  packet_late = 0;
  for (uint32_t i = 0; i < state.count && count < limit; i++) {
    if (is_left_out(i))
      continue;
    const uint32_t *entry = entry_at(i);
    uint8_t *to = body + body_end;
    if (before)
      to = put_varint(to, entry[0] - before[0] - 1);
    for (uint32_t axis = 1; axis <= config.axes; axis++)
      to = put_varint(to, zigzag((int32_t)(entry[axis] - (before ? before[axis] : 0))));
    if (to > body + MAX_BODY - 4)
      break;
    if (state.now - entry[0] > config.latency_slots)
      packet_late++;
    body_end = (uint32_t)(to - body);
    before = entry;
    count++;
    packet_span = i + 1;
  }
  return count;
}

static uint32_t crc32(const uint8_t *from, const uint8_t *end) {
  static const uint32_t table[16] = {
      0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
      0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
  };
  uint32_t crc = 0xffffffff;
  while (from < end) {
    crc ^= *from++;
    crc = crc >> 4 ^ table[crc & 15];
    crc = crc >> 4 ^ table[crc & 15];
  }
  return ~crc;
}

uint32_t sampler_packet(void) {
  const bool again = state.in_flight != 0;
  if (!again) {
    state.packet_boot = state.boot;
    state.packet_seq = state.seq++;
    state.formed++;
    if (state.keep < state.count)
      prune(state.keep);
    else
      keep_all();
  }
  body[0] = PACKET_TYPE;
  put_u32(body + 1, state.node);
  put_u32(body + 5, state.packet_boot);
  put_u32(body + 9, state.packet_seq);
  put_u32(body + 13, state.oldest);
  body[17] = config.axes;
  const uint32_t limit = again ? state.in_flight : state.send_limit;
  uint32_t count = put_samples(limit);
  while (!again && state.whole && count < limit) {
    prune(count);
    const uint32_t fitting = put_samples(count);
    if (fitting == count)
      break;
    count = fitting;
  }
  body[18] = (uint8_t)count;
  put_u32(body + body_end, crc32(body + 1, body + body_end));
  if (!again) {
    state.in_flight = count;
    state.span = packet_span;
    state.late += packet_late;
  }
  state.packet_length = body_end + 4;
  state.spent += body_energy(state.packet_length);
  state.given_up = 0;
  return state.packet_length;
}

const uint8_t *sampler_body(void) {
  return body;
}

uint32_t sampler_acked(uint32_t boot, uint32_t seq) {
  const uint32_t released = state.in_flight;
  if (released == 0 || boot != state.packet_boot || seq != state.packet_seq)
    return 0;
  release(state.span);
  state.pruned += state.span - released;
  state.in_flight = 0;
  state.backoff = 1;
  state.retry = state.now;
  state.acknowledged++;
  return released;
}

void sampler_unsent(uint32_t slot) {
  state.retry = slot + state.backoff;
  state.backoff = min_u32(state.backoff << 1, MAX_BACKOFF);
}

uint32_t sampler_begin(const uint8_t settings[SAMPLER_SETTINGS_SIZE]) {
  memset(&state, 0, sizeof state);
  memcpy(&config, settings, sizeof config);
  if (config.policy != POLICY_UNIFORM && config.policy != POLICY_VARIATION)
    return 1;
  state.node = state.boot = state.backoff = 1;
  state.capacity = RING_WORDS / (1u + config.axes);
  state.configured = true;
  derive_costs();
  reset_energy();
  return 0;
}
