/** What to do next: sample, send or sleep, from the slot, the energy at hand and the state of the queue. */
import {
  DARK_SLOTS,
  FADE_SLOTS,
  PLAIN_DENSITY,
  affordableSamples,
  ample,
  beginEnergy,
  bodyEnergy,
  isDark,
  isEbbing,
  isLow,
  mayFail,
  observe,
  packetEnergy,
  plan,
  predicted,
  remaining,
  safe,
  spend,
  window,
} from './energy';
import { giveUp, hasRoom, isFull, isReady } from './queue';
import { config, head } from './state';

const SLEEP: u32 = 0;
const SAMPLE: u32 = 1;
const SEND: u32 = 2;

/** Slots between two looks of a node that has no configuration. */
const UNCONFIGURED_SLEEP: u32 = 16;
/** The wait, in slots, of a queue that needs no service. */
const NEVER: i32 = 0x3fffffff;

/**
 * Decides on the action in `slot` with `energy` nanojoules to spend before the power fails.
 *
 * Every held sample has its delivery in sight: a sample is taken when what is there and what the harvest is expected
 * to bring by the bound pay for sending it with all that waits. Packets leave when a batch is full, when the oldest
 * sample nears the latency bound, or in the dark when the energy fades to what they need. Short of energy at the bound the queue is thinned
 * out to what can be sent; if that is less than half of it, the oldest samples are given up one by one and counted. A due
 * sample that the energy does not allow is counted as blocked, and is due again in the next slot.
 */
export function next(slot: u32, energy: u32): u32 {
  head.now = slot;
  if (!head.configured) {
    head.wake = slot + UNCONFIGURED_SLEEP;
    return SLEEP;
  }
  observe(slot, energy);
  let service = NEVER;
  if (head.inFlight != 0) {
    service = until(slot, head.retry);
    if (service <= 0 && energy >= bodyEnergy(head.packetLength)) return SEND;
  } else if (head.count != 0) {
    service = until(slot, head.oldest + window);
    // A queue shorter than a batch waits until it is urgent, or the energy fades.
    if (service <= 0 || isReady() || (head.idle != 0 && isLow(energy, head.count))) {
      service = serve(slot, energy);
      if (service == 0) return SEND;
    }
  }
  let sampling = until(slot, head.due);
  if (sampling <= 0) {
    if (isSampleable(slot, energy)) {
      spend(config.sampleNanojoules);
      return SAMPLE;
    }
    head.blocked++;
    sampling = isDark() && !isFull() ? DARK_SLOTS >> 1 : 1;
    head.due = slot + sampling;
  }
  let wait = max(1, min(service, sampling));
  // Should the light go out now, this has to be seen in time.
  if (wait > 1 && energy < safe && head.idle == 0 && head.count != 0 && isLow(energy, head.count)) wait = 1;
  if (wait > <i32>DARK_SLOTS && head.count != 0 && mayFail(energy, wait)) wait = DARK_SLOTS;
  head.wake = slot + wait;
  return SLEEP;
}

/** After SLEEP: the slot in which `next` wants to be called again. */
export function wakeSlot(): u32 {
  return head.wake;
}

/** Slots from `slot` to `target`, negative once it has passed; slot numbers may wrap. */
@inline
function until(slot: u32, target: u32): i32 {
  return <i32>(target - slot);
}

/** What the queue needs, which has no packet in flight: 0 for a packet now, else the slots until it is urgent. */
function serve(slot: u32, energy: u32): i32 {
  const wanted = wantedSamples(head.count);
  const urgent = untilUrgent(slot, wanted);
  if (isSendable(slot, energy, urgent <= 0, wanted)) return 0;
  if (slot - head.oldest <= config.latencySlots) return max(1, urgent);
  do {
    giveUp();
    head.expired++;
  } while (head.count != 0 && slot - head.oldest > config.latencySlots);
  return head.count == 0 ? NEVER : max(1, untilUrgent(slot, wantedSamples(head.count)));
}

/** Slots until the queue must be served: the bound of the oldest sample, less the time to send every packet that waits. */
function untilUrgent(slot: u32, wanted: u32): i32 {
  const batch = <u32>config.batch;
  const packets = wanted <= batch ? 1 : (wanted + batch - 1) / batch;
  const sending = min<u32>(packets * config.sendSlots, config.latencySlots);
  return until(slot, head.oldest + config.latencySlots - sending);
}

/** How many of `count` samples are to be sent: all, or as many as the affordable interval puts into their span. */
@inline
function wantedSamples(count: u32): u32 {
  if (config.density == <u8>PLAIN_DENSITY) return count;
  return min(count, 1 + ((head.now - head.oldest) << 8) / head.interval);
}

/** Whether to send from the queue now; sets how much. */
@inline
function isSendable(slot: u32, energy: u32, urgent: bool, wanted: u32): bool {
  const batch = <u32>config.batch;
  const samples = min(wanted, batch);
  const need = packetEnergy(samples);
  head.keep = wanted;
  head.sendLimit = samples;
  head.whole = 0;
  if (!urgent) {
    // Without income what is there only fades: it goes while it lasts.
    const left = isEbbing(energy) ? remaining(energy, min(untilBound(slot) + 1, FADE_SLOTS)) : energy;
    if (energy >= need) {
      if (wanted < batch && !isFull() && left >= need) return false;
    } else if (!isDark() || left >= packetEnergy(samples >> 1)) {
      return false;
    }
  }
  if (energy >= need) {
    if (energy < need << 1) takeWhole(samples);
    return true;
  }
  const affordable = affordableSamples(energy);
  if (affordable << 1 < samples && slot - head.oldest < config.latencySlots) return false;
  if (affordable == 0) return false;
  takeWhole(affordable);
  return true;
}

/** The next packet is to span the whole queue, with that many samples at most. */
@inline
function takeWhole(samples: u32): void {
  head.sendLimit = samples;
  head.keep = samples;
  head.whole = 1;
}

@inline
function isSampleable(slot: u32, energy: u32): bool {
  const cost = config.sampleNanojoules;
  if (energy < cost) return false;
  const left = energy - cost;
  if (head.count != 0 && hasRoom() && left >= ample) return true;
  if (isFull()) return false;
  let need: u32;
  if (head.count == 0) {
    plan(slot);
    need = beginEnergy();
  } else {
    const batch = <u32>config.batch;
    const wanted = wantedSamples(head.count + 1);
    need = packetEnergy(min(wanted, batch));
    if (wanted > batch) need += packetEnergy(min(wanted - batch, batch));
  }
  need += need >> 4;
  return left >= need || predicted(left, untilBound(slot)) >= need;
}

/** Slots until the oldest sample has to be sent; for an empty queue those of a sample taken now. */
function untilBound(slot: u32): u32 {
  return head.count == 0 ? window : max(0, until(slot, head.oldest + window));
}
