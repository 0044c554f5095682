/* A call of the debugger or emulator: semihosting (Arm IHI 0058; RISC-V Semihosting 0.4). */
#ifndef SEMIHOST_H
#define SEMIHOST_H

#include <stdint.h>

/* `arguments` is what `operation` wants there: its block of words, or what it points to. Returns its answer.
 */
static inline intptr_t semihost_call(uintptr_t operation, const void *arguments) {
#if defined(__riscv)
  register uintptr_t a0 __asm__("a0") = operation;
  register const void *a1 __asm__("a1") = arguments;
  __asm__ volatile(".option push\n .option norvc\n .balign 16\n"
                   "slli zero, zero, 0x1f\n ebreak\n srai zero, zero, 7\n"
                   ".option pop"
                   : "+r"(a0)
                   : "r"(a1)
                   : "memory");
  return (intptr_t)a0;
#else
  register uintptr_t r0 __asm__("r0") = operation;
  register const void *r1 __asm__("r1") = arguments;
  __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
  return (intptr_t)r0;
#endif
}

#endif
