/** What to do next: sample, send or sleep, from the slot, the energy at hand and the state of the queue. */
import { entryAt, entrySlot, isFull } from './queue';
import { config, head } from './state';

const SLEEP: u32 = 0;
const SAMPLE: u32 = 1;
const SEND: u32 = 2;

/** Slots between two looks of a node that has no configuration. */
const UNCONFIGURED_SLEEP: u32 = 16;
/** Bytes on the wire besides the samples: header 19, CRC-32 4, CRC-16 2, delimiters 2, COBS 1. */
const PACKET_OVERHEAD: u32 = 28;
const FRAME_OVERHEAD: u32 = 5;
/** MAX_NODE_BODY of host/link/protocol.ts, less header and CRC-32. */
const MAX_PAYLOAD: u32 = 221;

/**
 * Decides on the action in `slot` with `energy` nanojoules to spend before the power fails.
 *
 * Every held sample has its delivery paid for: a sample is taken only from energy beyond what sending it with all
 * that waits takes. Packets leave when a batch is full, when the oldest sample nears the latency bound, or when the
 * energy fades to what they need; in a smaller packet if it is short. A due sample that the energy does not allow is
 * counted as blocked, and is due again in the next slot.
 */
export function next(slot: u32, energy: u32): u32 {
  head.now = slot;
  if (!head.configured) {
    head.wake = slot + UNCONFIGURED_SLEEP;
    return SLEEP;
  }
  const count = head.count;
  const urgent = count != 0 && reached(slot, urgentSlot());
  if (count != 0 && (head.inFlight == 0 || reached(slot, head.retry))) {
    const need = packetEnergy(0);
    const fading = energy < withReserve(need);
    if (urgent || fading || head.inFlight != 0 || count >= <u32>config.batch || isFull()) {
      if (energy >= need) {
        head.sendLimit = batchSize(0);
        return SEND;
      }
      const fewer = head.inFlight == 0 ? affordableSamples(energy) : 0;
      if (fewer != 0) {
        head.sendLimit = fewer;
        return SEND;
      }
    }
  }
  if (reached(slot, head.due)) {
    if (!isFull() && energy >= sampleEnergy()) return SAMPLE;
    head.blocked++;
    head.due = slot + 1;
  }
  head.wake = wakeAfter(slot, urgent);
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

/** Samples of the next packet when `more` are taken before it is formed. */
@inline
function batchSize(more: u32): u32 {
  return min<u32>(head.count + more, config.batch);
}

/** When the queue must be served: the bound of the oldest sample, less the time to send every packet that waits. */
function urgentSlot(): u32 {
  const packets = (head.count + <u32>config.batch - 1) / <u32>config.batch;
  const sending = min<u32>(packets * config.sendSlots, config.latencySlots);
  return entrySlot(entryAt(0)) + config.latencySlots - sending;
}

/** Payload bytes that a sample of 16-bit values takes at most: its skip and a 3-byte difference per axis. */
@inline
function sampleBytes(): u32 {
  return 1 + 3 * <u32>config.axes;
}

/** Energy of the packet in flight, whose length is known, or the most that the next one takes with `more` samples. */
function packetEnergy(more: u32): u32 {
  const bytes =
    head.inFlight != 0
      ? head.packetLength + FRAME_OVERHEAD
      : PACKET_OVERHEAD + min(batchSize(more) * sampleBytes(), MAX_PAYLOAD);
  return config.packetNanojoules + bytes * config.byteNanojoules;
}

/** The energy of a packet and a quarter more: what a node spends asleep until the packet is due. */
@inline
function withReserve(need: u32): u32 {
  return need + (need >> 2);
}

/** Energy from which a sample may be taken: its own, and that of delivering it with all that waits. */
@inline
function sampleEnergy(): u32 {
  return config.sampleNanojoules + withReserve(packetEnergy(1));
}

function affordableSamples(energy: u32): u32 {
  const fixed = config.packetNanojoules + PACKET_OVERHEAD * config.byteNanojoules;
  if (energy < fixed) return 0;
  return min((energy - fixed) / max(sampleBytes() * config.byteNanojoules, 1), batchSize(0));
}

function wakeAfter(slot: u32, urgent: bool): u32 {
  let wake = head.due;
  if (head.count != 0) {
    if (head.inFlight != 0) wake = earlier(wake, head.retry);
    else if (!urgent) wake = earlier(wake, urgentSlot());
    else wake = slot + 1;
  }
  return reached(slot, wake) ? slot + 1 : wake;
}
