#include "frame.h"

#include "crc.h"

uint32_t frame_encode(const uint8_t *body, uint32_t length, uint8_t *out) {
  const uint16_t crc = crc16(CRC16_START, body, length);
  const uint8_t tail[2] = {(uint8_t)crc, (uint8_t)(crc >> 8)};
  cobs_encoder_t encoder;
  cobs_begin(&encoder, out + 1);
  cobs_put(&encoder, body, length);
  cobs_put(&encoder, tail, sizeof tail);
  const uint32_t encoded = cobs_end(&encoder);
  out[0] = 0;
  out[encoded + 1] = 0;
  return encoded + 2;
}

static uint32_t frame_finish(frame_reader_t *reader) {
  frame_counters_t *counters = &reader->counters;
  const int32_t length = cobs_decode(reader->buffer, reader->length);
  if (length < 0) {
    counters->bad_encoding++;
    return 0;
  }
  if (length < 3) {
    counters->too_short++;
    return 0;
  }
  const uint32_t body = (uint32_t)length - 2;
  if (body > reader->max_body) {
    counters->too_long++;
    return 0;
  }
  const uint16_t crc = (uint16_t)(reader->buffer[body] | reader->buffer[body + 1] << 8);
  if (crc16(CRC16_START, reader->buffer, body) != crc) {
    counters->bad_crc++;
    return 0;
  }
  counters->frames++;
  return body;
}

uint32_t frame_feed(frame_reader_t *reader, uint8_t byte) {
  uint32_t body = 0;
  if (byte != 0) {
    if (reader->length < FRAME_READER_SIZE(reader->max_body))
      reader->buffer[reader->length++] = byte;
    else
      reader->overflow = 1;
    return 0;
  }
  if (reader->overflow)
    reader->counters.too_long++;
  else if (reader->length > 0)
    body = frame_finish(reader);
  reader->length = 0;
  reader->overflow = 0;
  return body;
}

uint32_t frame_faults(const frame_reader_t *reader) {
  const frame_counters_t *counters = &reader->counters;
  return counters->bad_crc + counters->bad_encoding + counters->too_short + counters->too_long;
}
