/*
 * The power manager: sleeps, measures, senses and pays for transmissions by asking the environment, one
 * request at a time. A request that the capacitor cannot pay for is never answered: the power fails, and the
 * next thing that runs is the reset handler. Simulated time advances inside these calls only.
 */
#ifndef POWER_H
#define POWER_H

#include <stdbool.h>
#include <stdint.h>

#include "protocol.gen.h"

/* What a node can measure when it is awake. */
typedef struct {
  /* Number of the current slot, counted by a clock that runs through power failures, and microseconds into
   * it. */
  uint32_t slot;
  uint32_t micros;
  /* Energy that can be spent before the off-threshold, in nanojoules (saturates at 2^32-1). */
  uint32_t energy;
  /* Capacitor voltage. */
  uint16_t millivolts;
} power_moment_t;

/* Starts after a reset: waits for the on-threshold and returns the node's id. */
uint32_t power_on(power_moment_t *now);

/* Sleeps to the start of `slot`, at least to the next slot boundary. */
void power_sleep_until(uint32_t slot, power_moment_t *now);

/* Takes one sample; `values` has room for PROTO_MAX_AXES. Returns the number of axes. */
uint32_t power_sense(int32_t *values, power_moment_t *now);

/* Pays for sending `length` bytes. */
void power_transmit(uint32_t length, power_moment_t *now);

/* Opens a receive window, or with `again` goes on with the one that other requests interrupted. */
void power_listen(bool again);

/* Whether the window is over. Does not wait. */
bool power_listen_over(void);

/* Reports a fault that firmware cannot go on from. Never returns. */
__attribute__((noreturn)) void power_fault(uint32_t code);

#endif
