/* Answers questions about the C core, one line each; see conformance.test.ts. Bytes are hex digits. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "crc.h"
#include "frame.h"
#include "message.h"

#define LINE 400000u

static char line[LINE];
static uint8_t bytes[LINE / 2];

static uint32_t parse(const char *hex) {
  uint32_t length = 0;
  for (unsigned value; sscanf(hex + 2 * length, "%2x", &value) == 1; length++)
    bytes[length] = (uint8_t)value;
  return length;
}

static void print_bytes(const uint8_t *from, uint32_t length) {
  for (uint32_t i = 0; i < length; i++)
    printf("%02x", from[i]);
}

static void print_u8(uint8_t value) {
  printf("%u", value);
}
static void print_u16(uint16_t value) {
  printf("%u", value);
}
static void print_u32(uint32_t value) {
  printf("%" PRIu32, value);
}
static void print_i32(int32_t value) {
  printf("%" PRId32, value);
}
static void print_u64(uint64_t value) {
  printf("%" PRIu64, value);
}
static void print_hash8(message_hash8_t value) {
  print_bytes(value.bytes, sizeof value.bytes);
}

#define PRINT_FIELD(type, name, at)                                                                          \
  printf(" ");                                                                                               \
  print_##type(message.name);

/* Decodes and prints the fields, then encodes them again and prints the fixed part. */
#define PRINT_MESSAGE(NAME, name)                                                                            \
  case PROTO_##NAME##_TYPE: {                                                                                \
    message_##name##_t message;                                                                              \
    uint8_t again[PROTO_##NAME##_SIZE];                                                                      \
    message_decode_##name(bytes, &message);                                                                  \
    printf(#NAME);                                                                                           \
    PROTO_##NAME##_FIELDS(PRINT_FIELD) printf(" = ");                                                        \
    print_bytes(again, message_encode_##name(&message, again));                                              \
    break;                                                                                                   \
  }

static void answer_decode(uint32_t length) {
  const message_fault_t fault = message_check(bytes, length);
  if (fault != MESSAGE_OK) {
    printf(fault == MESSAGE_BAD_LENGTH ? "length" : "type");
    return;
  }
  switch (bytes[0]) { PROTO_MESSAGES(PRINT_MESSAGE) }
}

static void answer_frame(uint32_t length) {
  static uint8_t frame[FRAME_MAX(LINE / 2)];
  print_bytes(frame, frame_encode(bytes, length, frame));
}

static void answer_stream(uint32_t length) {
  static uint8_t buffer[FRAME_READER_SIZE(PROTO_MAX_BODY)];
  frame_reader_t reader = {.buffer = buffer, .max_body = PROTO_MAX_BODY};
  for (uint32_t i = 0; i < length; i++) {
    const uint32_t body = frame_feed(&reader, bytes[i]);
    print_bytes(buffer, body);
    if (body > 0)
      printf(" ");
  }
  const frame_counters_t *counters = &reader.counters;
  printf("%" PRIu32 " %" PRIu32 " %" PRIu32 " %" PRIu32 " %" PRIu32, counters->frames, counters->bad_crc,
         counters->bad_encoding, counters->too_short, counters->too_long);
}

int main(void) {
  while (fgets(line, sizeof line, stdin)) {
    const uint32_t length = parse(line + 1);
    switch (line[0]) {
    case 'c':
      printf("%04x %08" PRIx32, crc16(CRC16_START, bytes, length), crc32(CRC32_START, bytes, length));
      break;
    case 'd':
      answer_decode(length);
      break;
    case 'f':
      answer_frame(length);
      break;
    case 's':
      answer_stream(length);
      break;
    default:
      return EXIT_FAILURE;
    }
    printf("\n");
    fflush(stdout);
  }
  return EXIT_SUCCESS;
}
