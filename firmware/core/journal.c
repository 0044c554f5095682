#include "journal.h"

#include "board.h"
#include "crc.h"

typedef struct {
  uint32_t generation;
  uint16_t head_size;
  uint16_t ring_size;
} journal_header_t;

#define JOURNAL_CRC_SIZE 4u

static uint32_t journal_slot_size(uint32_t head_size) {
  return (uint32_t)(sizeof(journal_header_t) + sizeof(journal_record_t)) + head_size + JOURNAL_CRC_SIZE;
}

static uint32_t journal_slot_at(const journal_t *journal, uint32_t slot) {
  return slot * journal_slot_size(journal->head_size);
}

bool journal_fits(uint32_t head_size, uint32_t ring_size) {
  return head_size <= 0xffff && ring_size <= 0xffff &&
         2 * journal_slot_size(head_size) + ring_size <= BOARD_NVM_SIZE;
}

/* Reads a slot's header; false unless its CRC-32 holds and its sizes are the module's. */
static bool journal_valid(const journal_t *journal, uint32_t slot, journal_header_t *header) {
  const uint32_t at = journal_slot_at(journal, slot);
  const uint32_t checked = journal_slot_size(journal->head_size) - JOURNAL_CRC_SIZE;
  uint32_t stored;
  board_nvm_read(at, header, sizeof *header);
  board_nvm_read(at + checked, &stored, sizeof stored);
  if (header->head_size != journal->head_size || header->ring_size != journal->ring_size)
    return false;
  uint32_t crc = CRC32_START;
  uint8_t bytes[64];
  for (uint32_t done = 0, length; done < checked; done += length) {
    length = checked - done < sizeof bytes ? checked - done : (uint32_t)sizeof bytes;
    board_nvm_read(at + done, bytes, length);
    crc = crc32(crc, bytes, length);
  }
  return crc == stored;
}

bool journal_open(journal_t *journal, uint8_t *state, uint32_t head_size, uint32_t ring_size) {
  journal_header_t a;
  journal_header_t b;
  *journal = (journal_t){.state = state, .head_size = head_size, .ring_size = ring_size};
  const bool valid_a = journal_valid(journal, 0, &a);
  const bool valid_b = journal_valid(journal, 1, &b);
  if (!valid_a && !valid_b)
    return false;
  /* Generations compare by signed difference, so that they may wrap. */
  journal->slot = valid_b && (!valid_a || (int32_t)(b.generation - a.generation) > 0);
  journal->generation = journal->slot ? b.generation : a.generation;
  const uint32_t record = journal_slot_at(journal, journal->slot) + (uint32_t)sizeof(journal_header_t);
  board_nvm_read(record, &journal->record, sizeof journal->record);
  board_nvm_read(record + (uint32_t)sizeof journal->record, state, head_size);
  board_nvm_read(2 * journal_slot_size(head_size), state + head_size, ring_size);
  return true;
}

/* Writes bytes at `*at` and moves it and the CRC-32 on. */
static void journal_append(uint32_t *at, uint32_t *crc, const void *bytes, uint32_t length) {
  board_nvm_write(*at, bytes, length);
  *crc = crc32(*crc, bytes, length);
  *at += length;
}

void journal_commit(journal_t *journal, uint32_t offset, uint32_t dirty) {
  if (dirty > 0)
    board_nvm_write(2 * journal_slot_size(journal->head_size) + offset - journal->head_size,
                    journal->state + offset, dirty);
  const uint32_t slot = journal->slot ^ 1;
  const journal_header_t header = {journal->generation + 1, (uint16_t)journal->head_size,
                                   (uint16_t)journal->ring_size};
  uint32_t at = journal_slot_at(journal, slot);
  uint32_t crc = CRC32_START;
  journal_append(&at, &crc, &header, sizeof header);
  journal_append(&at, &crc, &journal->record, sizeof journal->record);
  journal_append(&at, &crc, journal->state, journal->head_size);
  board_nvm_write(at, &crc, sizeof crc);
  journal->slot = slot;
  journal->generation = header.generation;
}
