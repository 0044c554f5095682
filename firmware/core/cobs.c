#include "cobs.h"

static void cobs_next_run(cobs_encoder_t *encoder) {
  encoder->out[encoder->code_at] = encoder->code;
  encoder->code_at = encoder->at++;
  encoder->code = 1;
}

void cobs_begin(cobs_encoder_t *encoder, uint8_t *out) {
  *encoder = (cobs_encoder_t){.out = out, .at = 1, .code_at = 0, .code = 1};
}

void cobs_put(cobs_encoder_t *encoder, const uint8_t *bytes, uint32_t length) {
  for (uint32_t i = 0; i < length; i++) {
    /* A full run of 254 is closed only when more follows, which keeps the encoding minimal. */
    if (encoder->code == 0xff)
      cobs_next_run(encoder);
    if (bytes[i] == 0) {
      cobs_next_run(encoder);
    } else {
      encoder->out[encoder->at++] = bytes[i];
      encoder->code++;
    }
  }
}

uint32_t cobs_end(cobs_encoder_t *encoder) {
  encoder->out[encoder->code_at] = encoder->code;
  return encoder->at;
}

int32_t cobs_decode(uint8_t *bytes, uint32_t length) {
  uint32_t at = 0;
  uint32_t i = 0;
  while (i < length) {
    const uint8_t code = bytes[i];
    const uint32_t next = i + code;
    if (next > length)
      return -1;
    for (uint32_t k = i + 1; k < next; k++)
      bytes[at++] = bytes[k];
    i = next;
    if (code != 0xff && i < length)
      bytes[at++] = 0;
  }
  return (int32_t)at;
}
