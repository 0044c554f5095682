#ifndef NODE_H
#define NODE_H

/*
 * The node's life from a reset on: the same loop, step by step, as host/sim/virtualNode.ts, so that one input
 * gives the same packets. Never returns; a power failure is a reset at any point.
 */
__attribute__((noreturn)) void node_run(void);

#endif
