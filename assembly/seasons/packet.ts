/** Forming SAMPLES bodies from the queue's head, and what happens to them (layout: host/link/samples.ts). */
import { crc32 } from '../common/crc32';
import { putVarint, zigzag } from '../common/varint';
import { entryAt, entrySlot } from './queue';
import { config, head } from './state';

const TYPE: u8 = 3;
const HEADER: usize = 19;
const COUNT_AT: usize = 18;
const CRC_SIZE: usize = 4;
/** MAX_NODE_BODY of host/link/protocol.ts. */
const MAX_BODY: usize = 244;
/** The longest sample: 10 varints of 5 bytes, written before it shows that it does not fit. */
const SLACK: usize = 50;
const MAX_BACKOFF: u32 = 64;

const buffer: usize = memory.data(244 + 50, 8);

export function packetBase(): usize {
  return buffer;
}

/**
 * Forms the packet to send at `packetBase()` and returns its length. A packet in flight is formed again, byte for
 * byte; a new one takes its name (node, boot, seq) for ever and holds at most what `next` found affordable.
 */
export function packet(): u32 {
  const again = head.inFlight != 0;
  if (!again) {
    head.packetBoot = head.boot;
    head.packetSeq = head.seq++;
    head.formed++;
  }
  store<u8>(buffer, TYPE);
  store<u32>(buffer + 1, head.node);
  store<u32>(buffer + 5, head.packetBoot);
  store<u32>(buffer + 9, head.packetSeq);
  store<u32>(buffer + 13, entrySlot(entryAt(0)));
  store<u8>(buffer + 17, config.axes);

  const limit = again ? head.inFlight : min(head.sendLimit, head.count);
  const axes = <usize>config.axes << 2;
  let at = buffer + HEADER;
  let before: usize = 0;
  let count: u32 = 0;
  let late: u32 = 0;
  while (count < limit) {
    const entry = entryAt(count);
    let end = at;
    if (before != 0) end = putVarint(end, entrySlot(entry) - entrySlot(before) - 1);
    for (let axis: usize = 4; axis <= axes; axis += 4) {
      const base = before != 0 ? load<i32>(before + axis) : 0;
      end = putVarint(end, zigzag(load<i32>(entry + axis) - base));
    }
    if (end > buffer + MAX_BODY - CRC_SIZE) break;
    if (head.now - entrySlot(entry) > config.latencySlots) late++;
    at = end;
    before = entry;
    count++;
  }
  store<u8>(buffer + COUNT_AT, count);
  store<u32>(at, crc32(buffer + 1, at));
  if (!again) {
    head.inFlight = count;
    head.late += late;
  }
  head.packetLength = <u32>(at + CRC_SIZE - buffer);
  return head.packetLength;
}

/** The host has the packet (boot, seq) on stable storage: its samples leave the queue. Returns how many; 0 if it is not in flight. */
export function acked(boot: u32, seq: u32): u32 {
  const released = head.inFlight;
  if (released == 0 || boot != head.packetBoot || seq != head.packetSeq) return 0;
  head.first += released;
  if (head.first >= head.capacity) head.first -= head.capacity;
  head.count -= released;
  head.inFlight = 0;
  head.backoff = 1;
  head.retry = head.now;
  head.acknowledged++;
  return released;
}

/** No answer to the packet in flight by `slot`: it is sent again after a wait that doubles each time. */
export function unsent(slot: u32): void {
  head.retry = slot + head.backoff;
  head.backoff = min(head.backoff << 1, MAX_BACKOFF);
}
