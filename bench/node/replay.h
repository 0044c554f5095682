#ifndef REPLAY_H
#define REPLAY_H

#include <stdint.h>

/* Ends the run as failed. */
__attribute__((noreturn)) void replay_fail(uint32_t code);

#endif
