/* Consistent Overhead Byte Stuffing (Cheshire and Baker, 1999). */
#ifndef COBS_H
#define COBS_H

#include <stdint.h>

/* Worst-case length of `length` bytes after encoding, delimiters excluded. */
#define COBS_MAX(length) ((length) + (length) / 254 + 1)

/* An encoder that takes its input in pieces. `out` has room for COBS_MAX of all of it. */
typedef struct {
  uint8_t *out;
  uint32_t at;
  uint32_t code_at;
  uint8_t code;
} cobs_encoder_t;

void cobs_begin(cobs_encoder_t *encoder, uint8_t *out);
void cobs_put(cobs_encoder_t *encoder, const uint8_t *bytes, uint32_t length);
/* Returns the encoded length. */
uint32_t cobs_end(cobs_encoder_t *encoder);

/* Decodes `length` bytes, none of them zero, in place; returns the decoded length, or -1 for an invalid
 * encoding. */
int32_t cobs_decode(uint8_t *bytes, uint32_t length);

#endif
