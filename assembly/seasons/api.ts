/**
 * Everything the seasons module exports. It imports nothing: the host (firmware/core in C, host/sim in TypeScript)
 * measures, senses, sends and keeps time, and asks the module what to do next. Each call is one transaction on the
 * state block; between calls the block is consistent and may be journalled and restored.
 *
 * State block (one static area, no pointers inside):
 *   head  [stateBase, stateBase + headSize)   counters, policy state, queue indices, packet in flight
 *   ring  [stateBase + headSize, stateBase + stateSize)  the queue's samples
 * `push` writes ring bytes outside the live queue only, so a journal may store the dirty ring bytes first and then
 * switch to the new head: at every point in between the old head is still true.
 *
 * Life:  reset() once for a node without stored state, or the host restores the block; then every boot
 *   start(node, boot)
 *   configure()            after the host has put a configuration at configBase() (same bytes as CONFIG's fields)
 *   next(slot, energy) ->  SLEEP: until wakeSlot().  SAMPLE: sense into inputBase(), push(slot).
 *                          SEND: packet() bytes at packetBase(); transmit; then acked(boot, seq) or unsent(slot).
 */
export { abi, stateBase, headSize, stateSize, configBase, configSize, memorySize } from './state';
export { reset, start, configure } from './lifecycle';
export { next, wakeSlot } from './controller';
export { inputBase, push, dirtyOffset, dirtySize, queueLength, oldestAge } from './queue';
export { packetBase, packet, acked, unsent } from './packet';
export { sampledCount, formedCount, acknowledgedCount, blockedCount, lateCount, prunedCount, expiredCount } from './state';
