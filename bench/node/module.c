/* The node module behind the interface of the replay. */
#include <string.h>

#include "replay.h"
#include "sampler.h"
#include "seasons.h"

static w2c_seasons seasons;

uint32_t sampler_begin(const uint8_t settings[SAMPLER_SETTINGS_SIZE]) {
  wasm2c_seasons_instantiate(&seasons);
  w2c_seasons_reset(&seasons);
  w2c_seasons_start(&seasons, 1, 1);
  memcpy(seasons.w2c_memory.data + w2c_seasons_configBase(&seasons), settings, SAMPLER_SETTINGS_SIZE);
  return w2c_seasons_configure(&seasons) != 0;
}

uint32_t sampler_next(uint32_t slot, uint32_t energy) {
  return w2c_seasons_next(&seasons, slot, energy);
}

uint32_t sampler_wake_slot(void) {
  return w2c_seasons_wakeSlot(&seasons);
}

int32_t *sampler_input(void) {
  return (int32_t *)(seasons.w2c_memory.data + w2c_seasons_inputBase(&seasons));
}

uint32_t sampler_push(uint32_t slot) {
  return w2c_seasons_push(&seasons, slot);
}

uint32_t sampler_packet(void) {
  return w2c_seasons_packet(&seasons);
}

const uint8_t *sampler_body(void) {
  return seasons.w2c_memory.data + w2c_seasons_packetBase(&seasons);
}

uint32_t sampler_acked(uint32_t boot, uint32_t seq) {
  return w2c_seasons_acked(&seasons, boot, seq);
}

void sampler_unsent(uint32_t slot) {
  w2c_seasons_unsent(&seasons, slot);
}

void wasm_rt_trap(wasm_rt_trap_t trap) {
  replay_fail(trap);
}
