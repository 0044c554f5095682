/* Calls of the debugger or emulator: semihosting (Arm IHI 0058; RISC-V Semihosting 0.4). */
#ifndef SEMIHOST_H
#define SEMIHOST_H

#include <stdint.h>
#include <string.h>

#define SEMIHOST_OPEN 0x01u
#define SEMIHOST_CLOSE 0x02u
#define SEMIHOST_WRITEC 0x03u
#define SEMIHOST_WRITE0 0x04u
#define SEMIHOST_WRITE 0x05u
#define SEMIHOST_READ 0x06u
#define SEMIHOST_SEEK 0x0au
#define SEMIHOST_EXIT_EXTENDED 0x20u
/* Modes of SEMIHOST_OPEN: fopen's "r" and "r+b". */
#define SEMIHOST_MODE_READ 0u
#define SEMIHOST_MODE_UPDATE 3u

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

/* Opens a file of the emulator's machine; returns its handle, or -1. */
static inline intptr_t semihost_open(const char *path, uintptr_t mode) {
  const uintptr_t arguments[] = {(uintptr_t)path, mode, strlen(path)};
  return semihost_call(SEMIHOST_OPEN, arguments);
}

/* Closes what an earlier boot has opened: the emulator keeps files open over a reset, and would run out of
 * them. Handles are counted from 1; a board opens two at most. */
static inline void semihost_close_all(void) {
  for (uintptr_t handle = 1; handle <= 2; handle++)
    semihost_call(SEMIHOST_CLOSE, &handle);
}

/* Reads or writes (`operation`) `length` bytes of a file from `offset` on. */
static inline void semihost_transfer(uintptr_t operation, intptr_t file, uint32_t offset, const void *bytes,
                                     uint32_t length) {
  const uintptr_t position[] = {(uintptr_t)file, offset};
  const uintptr_t arguments[] = {(uintptr_t)file, (uintptr_t)bytes, length};
  semihost_call(SEMIHOST_SEEK, position);
  semihost_call(operation, arguments);
}

#endif
