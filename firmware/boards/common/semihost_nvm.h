/*
 * NVM as a file that the emulator keeps, through semihosting: for machines whose RAM is too small, or lost
 * with the emulator. The host hands the open file over as descriptor 3.
 */
#ifndef SEMIHOST_NVM_H
#define SEMIHOST_NVM_H

#include <stdint.h>

#include "semihost.h"

#define SEMIHOST_OPEN 0x01u
#define SEMIHOST_WRITE 0x05u
#define SEMIHOST_READ 0x06u
#define SEMIHOST_SEEK 0x0au
/* fopen's "r+b". */
#define SEMIHOST_UPDATE 3u

static intptr_t semihost_nvm;

static void semihost_nvm_open(void) {
  static const char path[] = "/proc/self/fd/3";
  const uintptr_t arguments[] = {(uintptr_t)path, SEMIHOST_UPDATE, sizeof path - 1};
  semihost_nvm = semihost_call(SEMIHOST_OPEN, arguments);
}

static void semihost_nvm_transfer(uintptr_t operation, uint32_t offset, const void *bytes, uint32_t length) {
  const uintptr_t position[] = {(uintptr_t)semihost_nvm, offset};
  const uintptr_t arguments[] = {(uintptr_t)semihost_nvm, (uintptr_t)bytes, length};
  semihost_call(SEMIHOST_SEEK, position);
  semihost_call(operation, arguments);
}

void board_nvm_read(uint32_t offset, void *bytes, uint32_t length) {
  semihost_nvm_transfer(SEMIHOST_READ, offset, bytes, length);
}

void board_nvm_write(uint32_t offset, const void *bytes, uint32_t length) {
  semihost_nvm_transfer(SEMIHOST_WRITE, offset, bytes, length);
}

#endif
