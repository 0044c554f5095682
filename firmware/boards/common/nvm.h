/* NVM as a window of the address space. */
#ifndef NVM_H
#define NVM_H

#include <stdint.h>
#include <string.h>

/* Writes in order, words where all is aligned and bytes else: what is written before a power failure is a
 * prefix. */
static inline void nvm_write(volatile uint8_t *nvm, uint32_t offset, const void *bytes, uint32_t length) {
  if (((offset | length | (uintptr_t)bytes) & 3) == 0) {
    volatile uint32_t *to = (volatile uint32_t *)(nvm + offset);
    for (const uint32_t *from = bytes; length > 0; length -= 4)
      *to++ = *from++;
    return;
  }
  const uint8_t *from = bytes;
  for (uint32_t i = 0; i < length; i++)
    nvm[offset + i] = from[i];
}

static inline void nvm_read(const volatile uint8_t *nvm, uint32_t offset, void *bytes, uint32_t length) {
  memcpy(bytes, (const uint8_t *)nvm + offset, length);
}

#endif
