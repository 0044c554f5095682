/* Frames on a byte stream: `00 COBS(body | crc16) 00`, the CRC-16 low byte first. */
#ifndef FRAME_H
#define FRAME_H

#include <stdint.h>

#include "cobs.h"

/* Room that a reader needs for bodies of up to `body` bytes, and longest frame with both delimiters. */
#define FRAME_READER_SIZE(body) COBS_MAX((body) + 2)
#define FRAME_MAX(body) (COBS_MAX((body) + 2) + 2)

/* Encodes `body` into `out`, which has FRAME_MAX(length) bytes; returns the frame's length. */
uint32_t frame_encode(const uint8_t *body, uint32_t length, uint8_t *out);

typedef struct {
  uint32_t frames;
  /* Frames refused: CRC-16, COBS structure, fewer bytes than a frame needs, more than `max_body` allows. */
  uint32_t bad_crc;
  uint32_t bad_encoding;
  uint32_t too_short;
  uint32_t too_long;
} frame_counters_t;

/* Memory is bounded by `buffer`, FRAME_READER_SIZE(max_body) bytes, whatever arrives. */
typedef struct {
  uint8_t *buffer;
  uint32_t max_body;
  uint32_t length;
  uint32_t overflow;
  frame_counters_t counters;
} frame_reader_t;

/* Feeds one byte; returns the length of a body that is now complete at the start of `buffer`, else 0. */
uint32_t frame_feed(frame_reader_t *reader, uint8_t byte);

/* Frames refused so far. */
uint32_t frame_faults(const frame_reader_t *reader);

#endif
