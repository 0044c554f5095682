/* In the place of semihosting: mspdebug's console prints what is written to its address; msp430_stop is the
 * end. */
#ifndef SEMIHOST_H
#define SEMIHOST_H

#include <stdint.h>

#define SEMIHOST_WRITE0 0x04u
#define SEMIHOST_EXIT_EXTENDED 0x20u
#define CONSOLE (*(volatile uint8_t *)0x00ff)

__attribute__((noinline, used)) static void msp430_stop(void) {
  __asm__ volatile("" ::: "memory");
}

static intptr_t semihost_call(uintptr_t operation, const void *arguments) {
  if (operation == SEMIHOST_WRITE0)
    for (const char *text = arguments; *text; text++)
      CONSOLE = (uint8_t)*text;
  else
    msp430_stop();
  return 0;
}

#endif
