/*
 * Cuts the power at NVM writes of the journal, natively, around the real node module. Prints `cuts N` and
 * what it saw, or the first commit after which recovery gave neither the state before nor the state after.
 */
#include <setjmp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "board.h"
#include "journal.h"
#include "seasons.h"

#define NODE 7u
#define PUSHES 460u
#define RICH 0xffffffffu
/* Every byte of a commit is cut for this many commits, then every STRIDE-th, shifted from commit to commit.
 */
#define THOROUGH 60u
#define STRIDE 37u

static uint8_t nvm[BOARD_NVM_SIZE];
static uint32_t writes_left;
static bool cutting;
static jmp_buf power_failure;

void board_nvm_read(uint32_t offset, void *bytes, uint32_t length) {
  memcpy(bytes, nvm + offset, length);
}

void board_nvm_write(uint32_t offset, const void *bytes, uint32_t length) {
  for (uint32_t i = 0; i < length; i++) {
    if (cutting && writes_left-- == 0)
      longjmp(power_failure, 1);
    nvm[offset + i] = ((const uint8_t *)bytes)[i];
  }
}

void wasm_rt_trap(wasm_rt_trap_t trap) {
  printf("trap %d\n", trap);
  exit(EXIT_FAILURE);
}

static w2c_seasons seasons;
static journal_t journal;
static uint32_t slot = 1000;
static uint32_t commits;
static uint32_t cuts;
static uint32_t before_seen;
static uint32_t after_seen;
static uint32_t wrapped;

static uint8_t *at(w2c_seasons *module, uint32_t address) {
  return module->w2c_memory.data + address;
}

static uint8_t *state(w2c_seasons *module) {
  return at(module, w2c_seasons_stateBase(module));
}

static void open_journal(w2c_seasons *module, journal_t *opened) {
  wasm2c_seasons_instantiate(module);
  const uint32_t head = w2c_seasons_headSize(module);
  if (!journal_open(opened, state(module), head, w2c_seasons_stateSize(module) - head))
    w2c_seasons_reset(module);
}

/* Everything that the node holds, as the packets that it would send: FNV-1a of record, head and queue. */
static uint64_t digest(const journal_record_t *record, const uint8_t *block, uint32_t size) {
  static w2c_seasons copy;
  uint64_t hash = 0xcbf29ce484222325u;
  wasm2c_seasons_instantiate(&copy);
  memcpy(state(&copy), block, size);
  const uint8_t *parts[] = {(const uint8_t *)record, state(&copy)};
  const uint32_t lengths[] = {sizeof *record, w2c_seasons_headSize(&copy)};
  for (uint32_t part = 0; part < 2; part++)
    for (uint32_t i = 0; i < lengths[part]; i++)
      hash = (hash ^ parts[part][i]) * 0x100000001b3u;
  for (uint32_t now = slot + 100000; w2c_seasons_queueLength(&copy) > 0; now++) {
    if (w2c_seasons_next(&copy, now, RICH) != 2)
      continue;
    const uint32_t length = w2c_seasons_packet(&copy);
    const uint8_t *body = at(&copy, w2c_seasons_packetBase(&copy));
    uint32_t name[2];
    memcpy(name, body + 5, sizeof name);
    for (uint32_t i = 0; i < length; i++)
      hash = (hash ^ body[i]) * 0x100000001b3u;
    if (w2c_seasons_acked(&copy, name[0], name[1]) == 0)
      break;
  }
  return hash;
}

static uint64_t recovered(journal_t *opened) {
  static w2c_seasons module;
  open_journal(&module, opened);
  return digest(&opened->record, state(&module), w2c_seasons_stateSize(&module));
}

static void fail(const char *what, uint32_t bytes) {
  printf("commit %u, power cut after %u bytes: %s\n", commits, bytes, what);
  exit(EXIT_FAILURE);
}

/* Commits for real, after having done it with the power cut at each chosen byte. */
static void commit(uint32_t offset, uint32_t dirty) {
  static uint8_t saved[BOARD_NVM_SIZE];
  static uint8_t block[BOARD_NVM_SIZE];
  const uint32_t size = w2c_seasons_stateSize(&seasons);
  const journal_t original = journal;
  memcpy(saved, nvm, sizeof nvm);
  memcpy(block, state(&seasons), size);
  journal_t opened;
  const uint64_t before = recovered(&opened);
  const uint64_t after = digest(&journal.record, block, size);
  const uint32_t total = dirty + 8 + (uint32_t)sizeof(journal_record_t) + journal.head_size + 4;
  const uint32_t step = commits < THOROUGH ? 1 : STRIDE;
  for (volatile uint32_t bytes = commits % step; bytes <= total; bytes += step) {
    memcpy(nvm, saved, sizeof nvm);
    journal = original;
    writes_left = bytes;
    cutting = true;
    if (setjmp(power_failure) == 0)
      journal_commit(&journal, offset, dirty);
    cutting = false;
    cuts++;
    const uint64_t now = recovered(&opened);
    if (now == after)
      after_seen++;
    else if (now == before)
      before_seen++;
    else
      fail("neither the state before nor the state after", bytes);
    if (bytes == total && now != after)
      fail("a whole commit is not there", bytes);
    /* What boots after the failure commits again, into the slot that is not current. */
    opened.record.boot++;
    journal_t again;
    const uint64_t next = digest(&opened.record, opened.state, size);
    journal_commit(&opened, 0, 0);
    if (recovered(&again) != next)
      fail("the commit after the recovery is not there", bytes);
  }
  memcpy(nvm, saved, sizeof nvm);
  journal = original;
  journal_commit(&journal, offset, dirty);
  commits++;
}

static void configure(void) {
  /* host/link/protocol.ts, configFields: policy .. density, little endian. */
  static const uint8_t settings[] = {0, 1, 0, 8, 0x24, 0xf4, 0, 0, 160, 0, 0, 0, 4, 0, 0, 0, 0, 0, 255, 255,
                                     0, 0, 0, 0, 1,    0,    0, 0, 1,   0, 0, 0, 1, 0, 0, 0, 0, 0, 0,   4};
  memcpy(at(&seasons, w2c_seasons_configBase(&seasons)), settings, sizeof settings);
  if (w2c_seasons_configure(&seasons) != 0)
    fail("the configuration was refused", 0);
  journal.record.configured = 1;
  journal.record.config_id = 0x12345678;
  memcpy(journal.record.config, settings, sizeof settings);
  commit(0, 0);
}

static void push(void) {
  static uint32_t last;
  const int32_t value = (int32_t)(slot * 2654435761u) >> 12;
  memcpy(at(&seasons, w2c_seasons_inputBase(&seasons)), &value, sizeof value);
  if (w2c_seasons_push(&seasons, slot) != 0)
    fail("the queue is full", 0);
  wrapped += w2c_seasons_dirtyOffset(&seasons) < last;
  last = w2c_seasons_dirtyOffset(&seasons);
  commit(w2c_seasons_dirtyOffset(&seasons), w2c_seasons_dirtySize(&seasons));
}

static void send(void) {
  uint32_t name[2];
  w2c_seasons_packet(&seasons);
  memcpy(name, at(&seasons, w2c_seasons_packetBase(&seasons)) + 5, sizeof name);
  commit(0, 0);
  if (commits % 3 == 0) {
    w2c_seasons_unsent(&seasons, slot);
  } else {
    w2c_seasons_acked(&seasons, name[0], name[1]);
  }
  commit(0, 0);
}

int main(void) {
  memset(nvm, 0xa5, sizeof nvm);
  open_journal(&seasons, &journal);
  journal.record.boot = 1;
  commit(0, 0);
  w2c_seasons_start(&seasons, NODE, 1);
  configure();
  for (uint32_t pushes = 0; pushes < PUSHES; slot++) {
    const uint32_t action = w2c_seasons_next(&seasons, slot, RICH);
    if (action == 2) {
      send();
    } else if (action == 1) {
      push();
      pushes++;
    }
  }
  printf("commits %u cuts %u before %u after %u wrapped %u\n", commits, cuts, before_seen, after_seen,
         wrapped);
  return EXIT_SUCCESS;
}
