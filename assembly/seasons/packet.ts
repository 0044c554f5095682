/** Forming SAMPLES bodies from the queue's head, and what happens to them (layout: host/link/samples.ts). */
import { crc32 } from '../common/crc32';
import { putVarint, zigzag } from '../common/varint';
import { bodyEnergy, spend } from './energy';
import { isLeftOut, keepAll, prune } from './prune';
import { committed, entryAt, entrySlot, release } from './queue';
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

/** Begins so that the words of the header, which follow the type's byte, are aligned. */
const buffer: usize = memory.data(3 + 244 + 50, 8) + 3;

export function packetBase(): usize {
  return buffer;
}

/**
 * Forms the packet to send at `packetBase()` and returns its length. A packet in flight is formed again, byte for
 * byte; a new one takes its name (node, boot, seq) for ever and holds at most what `next` found affordable, from a
 * queue thinned out to what `next` wants to keep.
 */
export function packet(): u32 {
  const again = head.inFlight != 0;
  if (!again) {
    head.packetBoot = head.boot;
    head.packetSeq = head.seq++;
    head.formed++;
    if (head.keep < head.count) prune(head.keep);
    else keepAll();
  }
  store<u8>(buffer, TYPE);
  store<u32>(buffer + 1, head.node);
  store<u32>(buffer + 5, head.packetBoot);
  store<u32>(buffer + 9, head.packetSeq);
  store<u32>(buffer + 13, head.oldest);
  store<u8>(buffer + 17, config.axes);

  const limit = again ? head.inFlight : head.sendLimit;
  let count = putSamples(limit);
  // A packet that is to take the whole queue with it makes do with what fits.
  while (!again && head.whole && count < limit) {
    prune(count);
    const fitting = putSamples(count);
    if (fitting == count) break;
    count = fitting;
  }
  store<u8>(buffer + COUNT_AT, count);
  putWord(end, crc32(buffer + 1, end));
  if (!again) {
    head.inFlight = count;
    head.span = span;
    head.late += late;
  }
  head.packetLength = <u32>(end + CRC_SIZE - buffer);
  spend(bodyEnergy(head.packetLength));
  committed();
  return head.packetLength;
}

/** Little-endian, at any address. */
function putWord(to: usize, word: u32): void {
  for (let i: usize = 0; i < 4; i++) store<u8>(to + i, word >> <u32>(8 * i));
}

/** Where the samples written last end, the queue entries they span, and how many of them are over the bound. */
let end: usize = 0;
let span: u32 = 0;
let late: u32 = 0;

/** Writes the oldest samples that are not left out, at most `limit` of them, as far as they fit. Returns how many. */
function putSamples(limit: u32): u32 {
  const entries = head.count;
  const axes = <usize>config.axes << 2;
  let before: usize = 0;
  let count: u32 = 0;
  end = buffer + HEADER;
  late = 0;
  for (let i: u32 = 0; i < entries && count < limit; i++) {
    if (isLeftOut(i)) continue;
    const entry = entryAt(i);
    let at = end;
    if (before != 0) at = putVarint(at, entrySlot(entry) - entrySlot(before) - 1);
    for (let axis: usize = 4; axis <= axes; axis += 4) {
      const base = before != 0 ? load<i32>(before + axis) : 0;
      at = putVarint(at, zigzag(load<i32>(entry + axis) - base));
    }
    if (at > buffer + MAX_BODY - CRC_SIZE) break;
    if (head.now - entrySlot(entry) > config.latencySlots) late++;
    end = at;
    before = entry;
    count++;
    span = i + 1;
  }
  return count;
}

/**
 * The host has the packet (boot, seq) on stable storage: its samples leave the queue, and those left out between them.
 * Returns how many it held; 0 if it is not in flight.
 */
export function acked(boot: u32, seq: u32): u32 {
  const released = head.inFlight;
  if (released == 0 || boot != head.packetBoot || seq != head.packetSeq) return 0;
  release(head.span);
  head.pruned += head.span - released;
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
