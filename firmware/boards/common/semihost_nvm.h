/*
 * NVM as a file that the emulator keeps, through semihosting: for machines whose RAM is too small, or lost
 * with the emulator. The host hands the open file over as descriptor 3.
 */
#ifndef SEMIHOST_NVM_H
#define SEMIHOST_NVM_H

#include <stdint.h>

#include "semihost.h"

static intptr_t semihost_nvm;

static void semihost_nvm_open(void) {
  semihost_nvm = semihost_open("/proc/self/fd/3", SEMIHOST_MODE_UPDATE);
}

void board_nvm_read(uint32_t offset, void *bytes, uint32_t length) {
  semihost_transfer(SEMIHOST_READ, semihost_nvm, offset, bytes, length);
}

void board_nvm_write(uint32_t offset, const void *bytes, uint32_t length) {
  semihost_transfer(SEMIHOST_WRITE, semihost_nvm, offset, bytes, length);
}

#endif
