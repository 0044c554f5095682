#include "message.h"

#define MESSAGE_CASE(NAME, name)                                                                             \
  case PROTO_##NAME##_TYPE:                                                                                  \
    size = PROTO_##NAME##_SIZE;                                                                              \
    break;

message_fault_t message_check(const uint8_t *body, uint32_t length) {
  uint32_t size;
  if (length < 1 || length > PROTO_MAX_BODY)
    return MESSAGE_BAD_LENGTH;
  switch (body[0]) {
    PROTO_MESSAGES(MESSAGE_CASE)
  default:
    return MESSAGE_BAD_TYPE;
  }
  const uint8_t fits = body[0] == PROTO_SAMPLES_TYPE ? length > size : length == size;
  return fits ? MESSAGE_OK : MESSAGE_BAD_LENGTH;
}
