/* What the reset handlers of all processors share. */
#ifndef STARTUP_H
#define STARTUP_H

#include <stdint.h>

extern uint32_t ld_data_load[], ld_data_start[], ld_data_end[], ld_bss_start[], ld_bss_end[], ld_stack_top[];

/* Reported for an exception other than a reset: 256 + its number. */
#define STARTUP_EXCEPTION 256u

/* Copies .data and zeroes .bss. */
static inline void startup_memory(void) {
  const uint32_t *from = ld_data_load;
  for (uint32_t *to = ld_data_start; to < ld_data_end;)
    *to++ = *from++;
  for (uint32_t *to = ld_bss_start; to < ld_bss_end;)
    *to++ = 0;
}

#endif
