/** What to do next: sample, send or sleep, from the slot, the energy at hand and the state of the queue. */
import {
  DARK_SLOTS,
  PLAIN_DENSITY,
  affordableInterval,
  affordableSamples,
  beginEnergy,
  bodyEnergy,
  isDark,
  observe,
  packetEnergy,
  predicted,
  remaining,
  spend,
  window,
} from './energy';
import { entrySlot, giveUp, isFull, oldest } from './queue';
import { config, head } from './state';

const SLEEP: u32 = 0;
const SAMPLE: u32 = 1;
const SEND: u32 = 2;

/** Slots between two looks of a node that has no configuration. */
const UNCONFIGURED_SLEEP: u32 = 16;

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
  let wanted = wantedSamples(head.count);
  let urgentFrom = urgentSlot(wanted);
  let urgent = head.count != 0 && reached(slot, urgentFrom);
  if (head.inFlight != 0) {
    if (reached(slot, head.retry) && energy >= bodyEnergy(head.packetLength)) return SEND;
  } else if (head.count != 0) {
    if (isSendable(slot, energy, urgent, wanted)) return SEND;
    if (slot - oldestSlot() > config.latencySlots) {
      do {
        giveUp();
        head.expired++;
      } while (head.count != 0 && slot - oldestSlot() > config.latencySlots);
      wanted = wantedSamples(head.count);
      urgentFrom = urgentSlot(wanted);
      urgent = head.count != 0 && reached(slot, urgentFrom);
    }
  }
  if (reached(slot, head.due)) {
    if (!isFull() && isSampleable(slot, energy)) {
      spend(config.sampleNanojoules);
      return SAMPLE;
    }
    head.blocked++;
    head.due = slot + (isDark() && !isFull() ? DARK_SLOTS >> 1 : 1);
  }
  head.wake = wakeAfter(slot, urgent, urgentFrom);
  return SLEEP;
}

/** After SLEEP: the slot in which `next` wants to be called again. */
export function wakeSlot(): u32 {
  return head.wake;
}

/** Slot numbers compare by signed difference, so that they may wrap. */
@inline
function reached(slot: u32, target: u32): bool {
  return <i32>(slot - target) >= 0;
}

@inline
function earlier(a: u32, b: u32): u32 {
  return <i32>(a - b) < 0 ? a : b;
}

@inline
function oldestSlot(): u32 {
  return entrySlot(oldest());
}

/** When a queue that is not empty must be served: the bound of the oldest sample, less the time to send every packet that waits. */
@inline
function urgentSlot(wanted: u32): u32 {
  const batch = <u32>config.batch;
  const packets = wanted <= batch ? 1 : (wanted + batch - 1) / batch;
  const sending = min<u32>(packets * config.sendSlots, config.latencySlots);
  return oldestSlot() + config.latencySlots - sending;
}

/** How many of `count` samples are to be sent: all, or as many as the affordable interval puts into their span. */
function wantedSamples(count: u32): u32 {
  if (count == 0 || config.density == <u8>PLAIN_DENSITY) return count;
  return min(count, 1 + ((head.now - oldestSlot()) << 8) / head.interval);
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
    // In the dark what is there only fades: it goes while it lasts.
    const dark = isDark();
    const left = dark ? remaining(energy, min(untilBound(slot), DARK_SLOTS)) : energy;
    if (energy >= need) {
      if (wanted < batch && !isFull() && left >= need) return false;
      if (dark && energy < need << 1) takeWhole(samples);
    } else if (!dark || left >= packetEnergy(samples >> 1)) {
      return false;
    }
  }
  if (energy >= need) {
    if (energy < need << 1) takeWhole(samples);
    return true;
  }
  const affordable = affordableSamples(energy);
  if (affordable << 1 < samples && slot - oldestSlot() < config.latencySlots) return false;
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

function isSampleable(slot: u32, energy: u32): bool {
  const cost = config.sampleNanojoules;
  if (energy < cost) return false;
  let need: u32;
  if (head.count == 0) {
    head.interval = affordableInterval();
    need = beginEnergy();
  } else {
    const batch = <u32>config.batch;
    const wanted = wantedSamples(head.count + 1);
    need = wanted <= batch ? packetEnergy(wanted) : packetEnergy(batch) + packetEnergy(min(wanted - batch, batch));
  }
  need += need >> 4;
  return energy - cost >= need || predicted(energy - cost, untilBound(slot)) >= need;
}

/** Slots until the oldest sample has to be sent; for an empty queue those of a sample taken now. */
function untilBound(slot: u32): u32 {
  if (head.count == 0) return window;
  const end = oldestSlot() + window;
  return reached(slot, end) ? 0 : end - slot;
}

@inline
function wakeAfter(slot: u32, urgent: bool, urgentFrom: u32): u32 {
  let wake = head.due;
  if (head.count != 0) {
    if (head.inFlight != 0) wake = earlier(wake, head.retry);
    else if (!urgent) wake = earlier(wake, urgentFrom);
    else wake = slot + 1;
  }
  return reached(slot, wake) ? slot + 1 : wake;
}
