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
#define VALUE_LIMIT 0x1fffff

#define UNCONFIGURED_SLEEP 16u
#define DARK_SLOTS 8u
#define PLAIN_DENSITY 4u
#define INCOME_SHIFT 9u
#define RECENT_SHIFT 4u
#define LONGEST 0x3fffffffu

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
  uint32_t measured, energy, spent, peak, income, recent, idle, drain, interval;
  uint32_t first, count, capacity, given_up;
  uint32_t in_flight, span, packet_boot, packet_seq, packet_length, send_limit, keep, retry, backoff;
  bool configured, primed, whole;
  uint32_t sampled, formed, acknowledged, blocked, late, pruned, expired;
  int32_t previous[SAMPLER_MAX_AXES];
} state_t;

/* What follows from the configuration. */
typedef struct {
  uint32_t window, recent_shift, horizon_shift;
  uint32_t empty_packet, usual_bytes, per_sample, most_bytes, packet_share, packet_per_slot;
  uint32_t burst_interval, burst_energy, threshold_log;
  uint32_t entry_words;
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

static inline bool reached(uint32_t slot, uint32_t target) {
  return (int32_t)(slot - target) >= 0;
}

static inline uint32_t earlier(uint32_t a, uint32_t b) {
  return (int32_t)(a - b) < 0 ? a : b;
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

static inline uint32_t oldest_slot(void) {
  return ring[state.first * costs.entry_words];
}

static void release(uint32_t entries) {
  state.first += entries;
  if (state.first >= state.capacity)
    state.first -= state.capacity;
  state.count -= entries;
}

static inline bool is_full(void) {
  return state.count + state.given_up >= state.capacity;
}

/* Energy. */

static void derive_costs(void) {
  costs.entry_words = 1u + config.axes;
  costs.window = config.latency_slots - config.send_slots;
  costs.recent_shift = min_u32(max_u32(31 - clz_u32(costs.window), RECENT_SHIFT), INCOME_SHIFT);
  costs.horizon_shift = 31 - clz_u32(max_u32(config.horizon, 1));
  costs.empty_packet = config.packet_nj + PACKET_OVERHEAD * config.byte_nj;
  costs.usual_bytes = (1u + 2u * config.axes) * config.byte_nj;
  costs.most_bytes = 1u + 3u * config.axes;
  costs.per_sample =
      max_u32((uint32_t)((uint64_t)config.density * config.sample_nj >> 2) + costs.usual_bytes, 1);
  costs.packet_share = costs.empty_packet / config.batch;
  costs.packet_per_slot = costs.empty_packet / costs.window;
  costs.burst_energy = costs.empty_packet >> 2;
  costs.burst_interval = (costs.window << 8) / max_u32(1, min_u32(min_u32(config.batch, costs.window),
                                                                  costs.burst_energy / costs.per_sample));
  costs.threshold_log = (uint32_t)log2_fixed(((uint32_t)config.threshold << VARIATION_BITS) + HALF_UNIT);
}

static void reset_energy(void) {
  state.income = (uint32_t)((uint64_t)config.rate * (costs.per_sample + costs.packet_share) >> 16);
  state.recent = state.income;
  state.peak = 0;
  state.measured = state.now;
  state.energy = state.spent = state.idle = state.drain = 0;
  state.interval = 256;
}

static inline uint32_t averaged(uint32_t mean, uint32_t gained, uint32_t slots, uint32_t shift) {
  if (slots >= 1u << shift)
    return gained / slots;
  if ((mean | gained >> INCOME_SHIFT) < 1u << (31 - INCOME_SHIFT))
    return mean + (uint32_t)(((int32_t)gained - (int32_t)(mean * slots)) >> shift);
  return (uint32_t)((int64_t)mean + (((int64_t)gained - (int64_t)mean * slots) >> shift));
}

static void observe(uint32_t slot, uint32_t energy) {
  const uint32_t slots = slot - state.measured;
  if (state.peak == 0) {
    state.measured = slot;
    state.energy = energy;
  } else if (slots != 0) {
    const uint32_t sum = energy + state.spent;
    const uint32_t gained = sum > state.energy || sum < energy ? sum - state.energy : 0;
    state.income = averaged(state.income, gained, slots, INCOME_SHIFT);
    state.recent = averaged(state.recent, gained, slots, costs.recent_shift);
    if (state.spent == 0 && energy < state.energy)
      state.drain = averaged(state.drain, state.energy - energy, slots, RECENT_SHIFT);
    state.idle = (uint64_t)gained << 4 > (uint64_t)state.income * slots ? 0 : state.idle + slots;
    state.spent = 0;
    state.measured = slot;
    state.energy = energy;
  }
  if (energy > state.peak)
    state.peak = energy;
}

static inline uint32_t packet_energy(uint32_t samples) {
  return costs.empty_packet + min_u32(samples * costs.most_bytes, MAX_PAYLOAD) * config.byte_nj;
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

static uint32_t predicted(uint32_t energy, uint32_t slots) {
  if (is_dark())
    return energy;
  const uint64_t sum = energy + ((uint64_t)min_u32(state.income, state.recent) * slots >> 2);
  return sum > 0xffffffffu ? 0xffffffffu : (uint32_t)sum;
}

static uint32_t remaining(uint32_t energy, uint32_t slots) {
  const uint64_t lost = (uint64_t)state.drain * slots;
  return lost >= energy ? 0 : energy - (uint32_t)lost;
}

static uint32_t begin_energy(void) {
  const uint32_t samples =
      max_u32(1, min_u32(config.batch, ((costs.window << 8) + state.interval - 1) / state.interval));
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
  if ((uint64_t)full * config.batch <= (uint64_t)costs.window << 8)
    return full;
  return available > costs.packet_per_slot ? quotient(each, available - costs.packet_per_slot)
                                           : costs.burst_interval;
}

static uint32_t affordable_interval(void) {
  const int64_t beyond = (int64_t)state.energy - (int64_t)((uint64_t)state.peak * config.reserve >> 8);
  const int64_t all = (int64_t)state.income + (beyond >> costs.horizon_shift);
  const int64_t most = (all * 230) >> 8;
  const uint32_t available = most < 0 ? 0 : most > LONGEST ? LONGEST : (uint32_t)most;
  uint32_t interval = sustained(available, costs.per_sample);
  if (interval * config.density < PLAIN_DENSITY << 8)
    interval = available > config.sample_nj
                   ? sustained(available - config.sample_nj, max_u32(costs.usual_bytes, 1))
                   : costs.burst_interval;
  return max_u32(256, min_u32(interval, costs.burst_interval));
}

/* Policies. */

static uint32_t uniform(void) {
  const uint32_t rate = config.rate == 65535 ? 65536 : config.rate;
  const uint32_t phase = state.phase + 65536;
  const uint32_t interval = phase / rate;
  state.phase = phase - interval * rate;
  return interval;
}

/* Sum over axes of the change since the sample before: below 2^27, as values are limited. */
static uint32_t linear_change(void) {
  uint32_t change = 0;
  for (uint32_t axis = 0; axis < config.axes; axis++) {
    const int32_t x = input[axis];
    const int32_t difference = x - state.previous[axis];
    change += (uint32_t)(difference < 0 ? -difference : difference);
    state.previous[axis] = x;
  }
  return change;
}

static uint32_t variation(uint32_t elapsed) {
  const uint32_t change = linear_change() << VARIATION_BITS;
  uint32_t local = change;
  if (elapsed != 1 && change != 0) {
    const int32_t exponent = log2_fixed(change) - (log2_fixed(elapsed) >> 1);
    local = exp2_fixed(exponent < 0 ? 0 : exponent);
  }
  const uint32_t before = state.variation;
  if (before != 0)
    local = (uint32_t)((int64_t)before + ((((int64_t)local - before) * VARIATION_WEIGHT) >> 8));
  state.variation = local;
  const int32_t ratio = (int32_t)costs.threshold_log - log2_fixed(local + HALF_UNIT);
  int32_t exponent = (8 << 8) + (ratio * THIRD >> 8);
  exponent = exponent < LEAST_EXPONENT ? LEAST_EXPONENT : exponent > MOST_EXPONENT ? MOST_EXPONENT : exponent;
  const uint32_t interval = exp2_fixed(exponent);
  if (config.horizon != 0)
    return interval;
  return max_u32((config.min_skip + 1u) << 8, min_u32((config.max_skip + 1u) << 8, interval));
}

static uint32_t propose(uint32_t elapsed) {
  if (config.policy == POLICY_UNIFORM)
    return (config.horizon == 0 ? uniform() : 1) << 8;
  if (state.primed)
    return variation(elapsed);
  memcpy(state.previous, input, sizeof state.previous);
  return (config.min_skip + 1u) << 8;
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

static uint32_t next_interval(uint32_t slot) {
  const bool primed = state.primed;
  const uint32_t elapsed = primed ? max_u32(slot - state.latest, 1) : 1;
  const uint32_t proposed = propose(elapsed);
  state.latest = slot;
  state.primed = true;
  if (config.horizon == 0)
    return (proposed + 128) >> 8;
  state.interval = affordable_interval();
  const uint32_t taken = state.interval * PLAIN_DENSITY / config.density;
  const uint32_t exact = primed ? (uint32_t)((uint64_t)taken * proportion(proposed, elapsed) >> 8) : taken;
  const uint32_t limited =
      max_u32((config.min_skip + 1u) << 8, min_u32(exact, costs.window << 8)) + state.carry;
  state.carry = limited & 0xff;
  return limited >> 8;
}

/* Decisions. */

static uint32_t wanted_samples(uint32_t count) {
  if (count == 0 || config.density == PLAIN_DENSITY)
    return count;
  return min_u32(count, 1 + ((state.now - oldest_slot()) << 8) / state.interval);
}

static inline uint32_t urgent_slot(uint32_t wanted) {
  const uint32_t packets = wanted <= config.batch ? 1 : (wanted + config.batch - 1) / config.batch;
  return oldest_slot() + config.latency_slots - min_u32(packets * config.send_slots, config.latency_slots);
}

static uint32_t until_bound(uint32_t slot) {
  if (state.count == 0)
    return costs.window;
  const uint32_t end = oldest_slot() + costs.window;
  return reached(slot, end) ? 0 : end - slot;
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
    const bool dark = is_dark();
    if (energy >= need) {
      if (wanted < config.batch && !is_full() &&
          !(dark && remaining(energy, min_u32(until_bound(slot), DARK_SLOTS)) < need))
        return false;
      if (dark && energy < need << 1)
        take_whole(samples);
    } else if (!dark ||
               remaining(energy, min_u32(until_bound(slot), DARK_SLOTS)) >= packet_energy(samples >> 1)) {
      return false;
    }
  }
  if (energy >= need) {
    if (energy < need << 1)
      take_whole(samples);
    return true;
  }
  const uint32_t affordable = affordable_samples(energy);
  if (affordable << 1 < samples && slot - oldest_slot() < config.latency_slots)
    return false;
  if (affordable == 0)
    return false;
  take_whole(affordable);
  return true;
}

static bool is_sampleable(uint32_t slot, uint32_t energy) {
  if (energy < config.sample_nj)
    return false;
  uint32_t need;
  if (state.count == 0) {
    state.interval = affordable_interval();
    need = begin_energy();
  } else {
    const uint32_t wanted = wanted_samples(state.count + 1);
    need = wanted <= config.batch
               ? packet_energy(wanted)
               : packet_energy(config.batch) + packet_energy(min_u32(wanted - config.batch, config.batch));
  }
  need += need >> 4;
  const uint32_t left = energy - config.sample_nj;
  return left >= need || predicted(left, until_bound(slot)) >= need;
}

static uint32_t wake_after(uint32_t slot, bool urgent, uint32_t urgent_from) {
  uint32_t wake = state.due;
  if (state.count != 0) {
    if (state.in_flight != 0)
      wake = earlier(wake, state.retry);
    else
      wake = urgent ? slot + 1 : earlier(wake, urgent_from);
  }
  return reached(slot, wake) ? slot + 1 : wake;
}

uint32_t sampler_next(uint32_t slot, uint32_t energy) {
  state.now = slot;
  if (!state.configured) {
    state.wake = slot + UNCONFIGURED_SLEEP;
    return SAMPLER_SLEEP;
  }
  observe(slot, energy);
  uint32_t wanted = wanted_samples(state.count);
  uint32_t urgent_from = urgent_slot(wanted);
  bool urgent = state.count != 0 && reached(slot, urgent_from);
  if (state.in_flight != 0) {
    if (reached(slot, state.retry) && energy >= body_energy(state.packet_length))
      return SAMPLER_SEND;
  } else if (state.count != 0) {
    if (is_sendable(slot, energy, urgent, wanted))
      return SAMPLER_SEND;
    if (slot - oldest_slot() > config.latency_slots) {
      do {
        release(1);
        state.given_up++;
        state.expired++;
      } while (state.count != 0 && slot - oldest_slot() > config.latency_slots);
      wanted = wanted_samples(state.count);
      urgent_from = urgent_slot(wanted);
      urgent = state.count != 0 && reached(slot, urgent_from);
    }
  }
  if (reached(slot, state.due)) {
    if (!is_full() && is_sampleable(slot, energy)) {
      state.spent += config.sample_nj;
      return SAMPLER_SAMPLE;
    }
    state.blocked++;
    state.due = slot + (is_dark() && !is_full() ? DARK_SLOTS >> 1 : 1);
  }
  state.wake = wake_after(slot, urgent, urgent_from);
  return SAMPLER_SLEEP;
}

uint32_t sampler_wake_slot(void) {
  return state.wake;
}

int32_t *sampler_input(void) {
  return input;
}

uint32_t sampler_push(uint32_t slot) {
  if (is_full()) {
    state.blocked++;
    return 1;
  }
  uint32_t *entry = entry_at(state.count);
  *entry = slot;
  for (uint32_t axis = 0; axis < config.axes; axis++) {
    int32_t x = input[axis];
    x = x < -VALUE_LIMIT ? -VALUE_LIMIT : x > VALUE_LIMIT ? VALUE_LIMIT : x;
    input[axis] = x;
    entry[1 + axis] = (uint32_t)x;
  }
  state.count++;
  state.sampled++;
  state.due = slot + next_interval(slot);
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
  put_u32(body + 13, oldest_slot());
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
