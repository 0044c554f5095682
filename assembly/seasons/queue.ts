/** The time buffer: a ring of (slot, values) in which samples wait to be sent. */
import { config, head, ring, stateBase } from './state';
import { nextInterval } from './policy';

/** Values lie in [-LIMIT, LIMIT): leaves the policies' 32-bit arithmetic room. */
const LIMIT: i32 = 1 << 21;

const input: usize = memory.data(36, 8);

/** Where the host puts the values of a sample, one i32 per axis, before `push`. */
export function inputBase(): usize {
  return input;
}

@inline
export function entrySize(): u32 {
  return 4 + (<u32>config.axes << 2);
}

/** Address of the entry that is `index` places behind the oldest; `index` is at most the capacity. */
export function entryAt(index: u32): usize {
  return placeOf(index);
}

@inline
function placeOf(index: u32): usize {
  let place = head.first + index;
  if (place >= head.capacity) place -= head.capacity;
  return ring + place * entrySize();
}

@inline
export function entrySlot(entry: usize): u32 {
  return load<u32>(entry);
}

/** Entries given up since the state was committed last: until then their place in the ring is not free. */
let givenUp: u32 = 0;

/** The state is committed from here on as it is. */
export function committed(): void {
  givenUp = 0;
}

/** Gives up the oldest entry, without a commit. */
export function giveUp(): void {
  release(1);
  givenUp++;
}

/** Takes the oldest entries off the queue. */
export function release(entries: u32): void {
  head.first += entries;
  if (head.first >= head.capacity) head.first -= head.capacity;
  head.count -= entries;
  if (head.count != 0) head.oldest = entrySlot(entryAt(0));
}

@inline
export function isFull(): bool {
  return head.count + givenUp >= head.capacity;
}

/** Entries from which a packet may leave before its time: those of a batch, or all that fit. */
let ready: u32 = 0;

/** Derives from configuration and state what the queue needs at hand. */
export function deriveReady(): void {
  ready = min(<u32>config.batch, head.capacity);
}

/** Whether there is room in the ring for another sample, and in a packet. */
@inline
export function hasRoom(): bool {
  return head.count + givenUp < ready;
}

/** Whether the queue holds a batch, or all that fits. */
@inline
export function isReady(): bool {
  return head.count >= ready;
}

/**
 * Queues the sample at `inputBase()`, taken in `slot`, and lets the policy decide when the next is due. Values
 * beyond 22 bits are limited. A full queue refuses: returns 1 and counts, and nothing changes besides.
 */
export function push(slot: u32): u32 {
  if (isFull()) {
    head.blocked++;
    return 1;
  }
  const entry = placeOf(head.count);
  const axes = <usize>config.axes << 2;
  store<u32>(entry, slot);
  const values = entry + 4;
  let beyond: u32 = 0;
  let at: usize = 0;
  do {
    const x = load<i32>(input + at);
    store<i32>(values + at, x);
    beyond |= x + LIMIT;
    at += 4;
  } while (at < axes);
  if (beyond >= 2 * LIMIT) limit(values, axes);
  if (head.count == 0) head.oldest = slot;
  head.count++;
  head.sampled++;
  head.due = slot + nextInterval(slot, values, axes);
  committed();
  return 0;
}

function limit(values: usize, axes: usize): void {
  for (let at: usize = 0; at < axes; at += 4) store<i32>(values + at, max(-LIMIT, min(LIMIT - 1, load<i32>(values + at))));
}

/** Ring bytes that the latest `push` wrote, as an offset into the state block and a length. */
export function dirtyOffset(): u32 {
  return head.count == 0 ? 0 : <u32>(entryAt(head.count - 1) - stateBase());
}
export function dirtySize(): u32 {
  return head.count == 0 ? 0 : entrySize();
}

/** Samples held, those in flight included. */
export function queueLength(): u32 {
  return head.count;
}

/** Slots since the oldest held sample was taken; 0 for an empty queue. */
export function oldestAge(slot: u32): u32 {
  return head.count == 0 ? 0 : slot - head.oldest;
}
