/*
 * Reset and trap handlers of a RISC-V board in machine mode. Interrupts stay masked for ever: an enabled
 * interrupt only ends WFI. RAM is taken to hold garbage, as after a power failure.
 */
#include <stdint.h>

#include "../../core/node.h"
#include "../../core/power.h"
#include "startup.h"

/* The first 64 bytes of the image; the identity follows. */
__attribute__((section(".vectors"), naked, used, aligned(4))) void startup_reset(void) {
  __asm__ volatile(".option arch, +zicsr\n"
                   "la sp, ld_stack_top\n"
                   "la t0, startup_exception\n"
                   "csrw mtvec, t0\n"
                   "call startup_main\n");
}

__attribute__((noreturn, used, aligned(4))) static void startup_exception(void) {
  uint32_t cause;
  __asm__ volatile(".option arch, +zicsr\n csrr %0, mcause" : "=r"(cause));
  power_fault(STARTUP_EXCEPTION + cause);
}

__attribute__((noreturn, used)) static void startup_main(void) {
  startup_memory();
  node_run();
}
