/*
 * The journal keeps what must outlive a power failure: the node's own record and the module's state block.
 *
 * NVM layout: slot A | slot B | ring. A slot is a header (generation, sizes), the record, the head of the
 * state block and a CRC-32 over all of it. A commit writes first the dirty bytes of the ring, then the whole
 * new head into the slot that is not current, its CRC-32 last. Until that CRC is there the other slot is the
 * newest valid one, and the ring bytes that it refers to are untouched, because the module writes outside its
 * live queue only. Power may fail between any two bytes.
 */
#ifndef JOURNAL_H
#define JOURNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "protocol.gen.h"

typedef struct {
  /* Boots so far. */
  uint32_t boot;
  /* The stored configuration, if `configured`. */
  uint32_t configured;
  uint32_t config_id;
  uint8_t config[PROTO_CONFIG_SETTINGS_SIZE];
  uint32_t link_errors;
} journal_record_t;

/* The state block of a module: a head and a ring, back to back. Sizes are multiples of 4. */
typedef struct {
  uint8_t *state;
  uint32_t head_size;
  uint32_t ring_size;
  journal_record_t record;
  /* Which slot is current (0 or 1) and its generation; the next commit goes to the other. */
  uint32_t slot;
  uint32_t generation;
} journal_t;

/* Whether slots and ring fit the board's NVM. */
bool journal_fits(uint32_t head_size, uint32_t ring_size);

/*
 * Restores record and state from the newest valid slot. False when there is none: the record is zero then,
 * and the state block is as it was.
 */
bool journal_open(journal_t *journal, uint8_t *state, uint32_t head_size, uint32_t ring_size);

/* Makes record and state durable. `dirty` bytes at `offset` of the state block, inside the ring, have
 * changed. */
void journal_commit(journal_t *journal, uint32_t offset, uint32_t dirty);

#endif
