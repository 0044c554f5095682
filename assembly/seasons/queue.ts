/** The time buffer: a ring of (slot, values) in which samples wait to be sent. */
import { config, head, ring, stateBase } from './state';
import { nextInterval } from './policy';

/** Largest magnitude of a value: leaves the policies' 32-bit arithmetic room. */
const LIMIT: i32 = 0x1fffff;

const input: usize = memory.data(36, 8);
let dirtyAt: usize = 0;
let dirtyBytes: u32 = 0;

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
  let place = head.first + index;
  if (place >= head.capacity) place -= head.capacity;
  return ring + place * entrySize();
}

/** Address of the oldest entry. */
@inline
export function oldest(): usize {
  return ring + head.first * entrySize();
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
}

@inline
export function isFull(): bool {
  return head.count + givenUp >= head.capacity;
}

/**
 * Queues the sample at `inputBase()`, taken in `slot`, and lets the policy decide when the next is due. Values
 * beyond 2^21 - 1 are limited to it. A full queue refuses: returns 1 and counts, and nothing changes besides.
 */
export function push(slot: u32): u32 {
  if (isFull()) {
    head.blocked++;
    return 1;
  }
  const entry = entryAt(head.count);
  const axes = <usize>config.axes << 2;
  store<u32>(entry, slot);
  for (let at: usize = 0; at < axes; at += 4) {
    const x = max(-LIMIT, min(LIMIT, load<i32>(input + at)));
    store<i32>(input + at, x);
    store<i32>(entry + 4 + at, x);
  }
  dirtyAt = entry;
  dirtyBytes = entrySize();
  head.count++;
  head.sampled++;
  head.due = slot + nextInterval(slot, input);
  committed();
  return 0;
}

/** Ring bytes that the latest `push` wrote, as an offset into the state block and a length. */
export function dirtyOffset(): u32 {
  return <u32>(dirtyAt - stateBase());
}
export function dirtySize(): u32 {
  return dirtyBytes;
}

/** Samples held, those in flight included. */
export function queueLength(): u32 {
  return head.count;
}

/** Slots since the oldest held sample was taken; 0 for an empty queue. */
export function oldestAge(slot: u32): u32 {
  return head.count == 0 ? 0 : slot - entrySlot(entryAt(0));
}
