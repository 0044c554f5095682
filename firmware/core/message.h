/*
 * The messages of host/link/protocol.ts. Types, offsets and sizes come from protocol.gen.h, which the build
 * writes from that file; for each message NAME this header makes `message_name_t`, `message_encode_name` and
 * `message_decode_name`. Bodies are little endian without padding and need no alignment.
 */
#ifndef MESSAGE_H
#define MESSAGE_H

#include <stdint.h>
#include <string.h>

#include "protocol.gen.h"

typedef uint8_t message_u8_t;
typedef uint16_t message_u16_t;
typedef uint32_t message_u32_t;
typedef int32_t message_i32_t;
typedef uint64_t message_u64_t;
typedef struct {
  uint8_t bytes[8];
} message_hash8_t;

static inline void message_put_u8(uint8_t *at, uint8_t value) {
  at[0] = value;
}
static inline void message_put_u16(uint8_t *at, uint16_t value) {
  at[0] = (uint8_t)value;
  at[1] = (uint8_t)(value >> 8);
}
static inline void message_put_u32(uint8_t *at, uint32_t value) {
  message_put_u16(at, (uint16_t)value);
  message_put_u16(at + 2, (uint16_t)(value >> 16));
}
static inline void message_put_i32(uint8_t *at, int32_t value) {
  message_put_u32(at, (uint32_t)value);
}
static inline void message_put_u64(uint8_t *at, uint64_t value) {
  message_put_u32(at, (uint32_t)value);
  message_put_u32(at + 4, (uint32_t)(value >> 32));
}
static inline void message_put_hash8(uint8_t *at, message_hash8_t value) {
  memcpy(at, value.bytes, sizeof value.bytes);
}

static inline uint8_t message_get_u8(const uint8_t *at) {
  return at[0];
}
static inline uint16_t message_get_u16(const uint8_t *at) {
  return (uint16_t)(at[0] | at[1] << 8);
}
static inline uint32_t message_get_u32(const uint8_t *at) {
  return message_get_u16(at) | (uint32_t)message_get_u16(at + 2) << 16;
}
static inline int32_t message_get_i32(const uint8_t *at) {
  return (int32_t)message_get_u32(at);
}
static inline uint64_t message_get_u64(const uint8_t *at) {
  return message_get_u32(at) | (uint64_t)message_get_u32(at + 4) << 32;
}
static inline message_hash8_t message_get_hash8(const uint8_t *at) {
  message_hash8_t value;
  memcpy(value.bytes, at, sizeof value.bytes);
  return value;
}

/* `body` is where the encoder writes and the decoder reads; `type` and `at` are a field's type and offset. */
#define MESSAGE_MEMBER(type, name, at) message_##type##_t name;
#define MESSAGE_PUT(type, name, at) message_put_##type(body + (at), message->name);
#define MESSAGE_GET(type, name, at) message->name = message_get_##type(body + (at));

#define MESSAGE_DEFINE(NAME, name)                                                                           \
  typedef struct {                                                                                           \
    PROTO_##NAME##_FIELDS(MESSAGE_MEMBER)                                                                    \
  } message_##name##_t;                                                                                      \
  static inline uint32_t message_encode_##name(const message_##name##_t *message, uint8_t *body) {           \
    body[0] = PROTO_##NAME##_TYPE;                                                                           \
    PROTO_##NAME##_FIELDS(MESSAGE_PUT) return PROTO_##NAME##_SIZE;                                           \
  }                                                                                                          \
  static inline void message_decode_##name(const uint8_t *body, message_##name##_t *message) {               \
    PROTO_##NAME##_FIELDS(MESSAGE_GET)                                                                       \
  }

PROTO_MESSAGES(MESSAGE_DEFINE)

typedef enum { MESSAGE_OK, MESSAGE_BAD_LENGTH, MESSAGE_BAD_TYPE } message_fault_t;

/* Whether a body whose CRC-16 holds has a known type and that type's length (SAMPLES: more than its fixed
 * part). */
message_fault_t message_check(const uint8_t *body, uint32_t length);

#endif
