/*
 * The environment of a machine with one UART, through semihosting. Requests go out on the console. The latest
 * answer is all that the file holds that the host hands over as descriptor 4: PROTO_MAILBOX_SIZE bytes, its
 * frame and zeros. The emulator has no interrupt for that, so the host rings a bell: a break on the link. A
 * board says with `semihost_answered` that it rang.
 */
#ifndef SEMIHOST_ENVIRONMENT_H
#define SEMIHOST_ENVIRONMENT_H

#include "protocol.gen.h"
#include "semihost.h"

static intptr_t semihost_answers;
static uint8_t semihost_mailbox[PROTO_MAILBOX_SIZE];
/* The next byte to give; all are given at first. */
static uint32_t semihost_given = PROTO_MAILBOX_SIZE;

static void semihost_environment_open(void) {
  semihost_answers = semihost_open("/proc/self/fd/4", SEMIHOST_MODE_READ);
}

/* The mailbox has an answer: reads it whole. What was left of an earlier one is forgotten. */
static void semihost_answered(void) {
  semihost_transfer(SEMIHOST_READ, semihost_answers, 0, semihost_mailbox, sizeof semihost_mailbox);
  semihost_given = 0;
}

static int32_t semihost_environment_read(void) {
  return semihost_given < sizeof semihost_mailbox ? semihost_mailbox[semihost_given++] : -1;
}

/* Byte by byte: an open console (":tt") is the emulator's own output, not the device that it is given. */
void board_environment_write(const uint8_t *bytes, uint32_t length) {
  for (uint32_t i = 0; i < length; i++)
    semihost_call(SEMIHOST_WRITEC, bytes + i);
}

#endif
