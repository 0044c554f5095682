/*
 * Plays the node module on this machine as a processor of strict alignment runs it (WASM_STRICT_ALIGNMENT):
 * compiled with -fsanitize=alignment, which ends the program at the first unaligned access. Prints for each
 * policy the samples taken, the packets formed and the samples left out.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "seasons.h"

#define POLICIES 6u
#define SLEEP 0u
#define SAMPLE 1u
#define SLOTS 3000u
#define PACKET_BOOT_AT 5u
#define PACKET_SEQ_AT 9u

void wasm_rt_trap(wasm_rt_trap_t trap) {
  fprintf(stderr, "trap %d\n", (int)trap);
  exit(1);
}

static uint32_t get_u32(const uint8_t *from) {
  uint32_t word;
  memcpy(&word, from, sizeof word);
  return word;
}

static void put(uint8_t **to, uint32_t value, size_t size) {
  memcpy(*to, &value, size);
  *to += size;
}

/* CONFIG's settings (host/link/protocol.ts). */
static void configure(w2c_seasons *module, uint32_t policy, uint32_t axes, uint32_t density) {
  uint8_t *to = module->w2c_memory.data + w2c_seasons_configBase(module);
  put(&to, policy, 1);
  put(&to, axes, 1);
  put(&to, 0, 1);
  put(&to, 24, 1);
  put(&to, 62500, 4);
  put(&to, 100, 4);
  put(&to, 4, 2);
  put(&to, 0, 2);
  put(&to, 7, 2);
  put(&to, 40000, 2);
  put(&to, 500, 4);
  put(&to, 1000, 4);
  put(&to, 50000, 4);
  put(&to, 100, 4);
  put(&to, 256, 2);
  put(&to, 51, 1);
  put(&to, density, 1);
  if (w2c_seasons_configure(module) != 0)
    exit(2);
}

static void play(uint32_t policy, uint32_t axes, uint32_t density) {
  static w2c_seasons module;
  wasm2c_seasons_instantiate(&module);
  w2c_seasons_reset(&module);
  w2c_seasons_start(&module, 7, 1);
  configure(&module, policy, axes, density);
  uint32_t random = 1;
  uint32_t wake = 0;
  for (uint32_t slot = 0; slot < SLOTS; slot++) {
    random = random * 1664525u + 1013904223u;
    const uint32_t energy = slot % 500 < 400 ? random >> 12 : 50000 + (random >> 20);
    while (wake <= slot) {
      const uint32_t action = w2c_seasons_next(&module, slot, energy);
      if (action == SLEEP) {
        wake = w2c_seasons_wakeSlot(&module);
      } else if (action == SAMPLE) {
        int32_t *input = (int32_t *)(module.w2c_memory.data + w2c_seasons_inputBase(&module));
        for (uint32_t axis = 0; axis < axes; axis++)
          input[axis] = (int32_t)(random >> (8 + slot % 20)) - (int32_t)(slot * axis);
        w2c_seasons_push(&module, slot);
      } else {
        w2c_seasons_packet(&module);
        const uint8_t *body = module.w2c_memory.data + w2c_seasons_packetBase(&module);
        if (slot % 17 == 0)
          w2c_seasons_unsent(&module, slot);
        else
          w2c_seasons_acked(&module, get_u32(body + PACKET_BOOT_AT), get_u32(body + PACKET_SEQ_AT));
      }
    }
  }
  printf("%u %u %u %u %u %u\n", policy, axes, density, w2c_seasons_sampledCount(&module),
         w2c_seasons_formedCount(&module), w2c_seasons_prunedCount(&module));
}

int main(void) {
  for (uint32_t policy = 0; policy < POLICIES; policy++)
    for (uint32_t axes = 1; axes <= 9; axes += 2)
      for (uint32_t density = 4; density <= 8; density += 4)
        play(policy, axes, density);
  return 0;
}
