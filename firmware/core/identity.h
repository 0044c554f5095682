/*
 * What an image says about itself, at offset IDENTITY_OFFSET of the image. The build fills `firmware` in
 * after linking: the first 8 bytes of the SHA-256 of the image as it is with these 8 bytes zero.
 */
#ifndef IDENTITY_H
#define IDENTITY_H

#include <stdint.h>

typedef struct {
  /* "SOLS" */
  uint8_t magic[4];
  uint32_t version;
  /* First 8 bytes of the SHA-256 of the node module's wasm. */
  uint8_t module[8];
  uint8_t firmware[8];
} identity_t;

/* Patched after compilation: only identity.c, which never reads it, sees the initial value. */
extern const identity_t identity;

#endif
