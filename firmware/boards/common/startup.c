/*
 * Reset handler and vectors of a Cortex-M board. Interrupts stay masked for ever: an enabled interrupt only
 * ends WFI. RAM is taken to hold garbage, as after a power failure: .data is copied and .bss zeroed before
 * anything else runs.
 */
#include <stdint.h>

#include "../../core/node.h"
#include "../../core/power.h"
#include "startup.h"

__attribute__((noreturn)) void startup_reset(void) {
  __asm__ volatile("cpsid i");
  startup_memory();
  node_run();
}

__attribute__((noreturn)) static void startup_exception(void) {
  uint32_t number;
  __asm__ volatile("mrs %0, ipsr" : "=r"(number));
  power_fault(STARTUP_EXCEPTION + number);
}

typedef void (*startup_vector_t)(void);

__attribute__((section(".vectors"), used)) static const startup_vector_t startup_vectors[16] = {
    (startup_vector_t)ld_stack_top,
    startup_reset,
    startup_exception,
    startup_exception,
    startup_exception,
    startup_exception,
    startup_exception,
    [11] = startup_exception,
    [14] = startup_exception,
    [15] = startup_exception,
};
