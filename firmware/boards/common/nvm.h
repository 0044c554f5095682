/* NVM as a window of the address space. */
#ifndef NVM_H
#define NVM_H

#include <stdint.h>

/* Writes byte by byte, in order: what is written before a power failure is a prefix. */
static inline void nvm_write(volatile uint8_t *nvm, uint32_t offset, const void *bytes, uint32_t length) {
  const uint8_t *from = bytes;
  for (uint32_t i = 0; i < length; i++)
    nvm[offset + i] = from[i];
}

#endif
