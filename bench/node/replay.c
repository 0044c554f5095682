/*
 * A bare program for any Cortex-M that QEMU emulates: plays the workload (workload.gen.h) to a sampler and
 * prints a hash of all it decided and formed, by semihosting. replay_begin and the replay_* that follow it
 * enclose what countPlugin.c counts; this file's own instructions are left out.
 */
#include "replay.h"

#include <stdbool.h>

#include "sampler.h"
#include "workload.gen.h"

#define SEMIHOSTING_WRITE0 0x04u
#define SEMIHOSTING_EXIT_EXTENDED 0x20u
#define SEMIHOSTING_APPLICATION_EXIT 0x20026u
/* Bytes of a frame besides the body. */
#define FRAME_OVERHEAD 5u
/* Every so many packets one is not answered. */
#define UNANSWERED_EVERY 17u
#define PACKET_BOOT_AT 5u
#define PACKET_SEQ_AT 9u

extern uint32_t ld_data_load[], ld_data_start[], ld_data_end[], ld_bss_start[], ld_bss_end[], ld_stack_top[];

static uint32_t hash = 2166136261u;

/* Marks, by address: the plugin acts when one is called. */
#define MARK(name)                                                                                           \
  __attribute__((noipa)) static void replay_##name(void) {                                                   \
    __asm__ volatile("" ::: "memory");                                                                       \
  }
MARK(begin)
MARK(slept)
MARK(sampled)
MARK(sent)
MARK(pushed)
MARK(formed)
MARK(settled)
MARK(done)

static uint32_t semihosting(uint32_t operation, const void *argument) {
  register uint32_t r0 __asm__("r0") = operation;
  register const void *r1 __asm__("r1") = argument;
  __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
  return r0;
}

__attribute__((noreturn)) static void leave(uint32_t status) {
  const uint32_t block[2] = {SEMIHOSTING_APPLICATION_EXIT, status};
  semihosting(SEMIHOSTING_EXIT_EXTENDED, block);
  for (;;) {
  }
}

void replay_fail(uint32_t code) {
  leave(code == 0 ? 1 : code);
}

/* FNV-1a. */
static void note_byte(uint32_t byte) {
  hash = (hash ^ byte) * 16777619u;
}

static void note(uint32_t word) {
  for (uint32_t shift = 0; shift < 32; shift += 8)
    note_byte(word >> shift & 0xff);
}

static uint32_t get_u32(const uint8_t *from) {
  return from[0] | (uint32_t)from[1] << 8 | (uint32_t)from[2] << 16 | (uint32_t)from[3] << 24;
}

static void sample(uint32_t slot) {
  for (uint32_t axis = 0; axis < WORKLOAD_AXES; axis++)
    sampler_input()[axis] = workload_values[slot * WORKLOAD_AXES + axis];
  replay_begin();
  const uint32_t refused = sampler_push(slot);
  replay_pushed();
  note(refused);
}

/* Sends a packet; returns its energy. */
static uint32_t transmit(uint32_t slot) {
  static uint32_t packets;
  replay_begin();
  const uint32_t length = sampler_packet();
  replay_formed();
  const uint8_t *body = sampler_body();
  for (uint32_t i = 0; i < length; i++)
    note_byte(body[i]);
  const uint32_t boot = get_u32(body + PACKET_BOOT_AT);
  const uint32_t seq = get_u32(body + PACKET_SEQ_AT);
  const bool answered = ++packets % UNANSWERED_EVERY != 0;
  replay_begin();
  if (answered)
    sampler_acked(boot, seq);
  else
    sampler_unsent(slot);
  replay_settled();
  return WORKLOAD_PACKET_NJ + (length + FRAME_OVERHEAD) * WORKLOAD_BYTE_NJ;
}

static uint32_t less(uint32_t energy, uint32_t cost) {
  return energy > cost ? energy - cost : 0;
}

static void replay(void) {
  uint32_t energy = WORKLOAD_CAPACITY_NJ;
  uint32_t wake = 0;
  for (uint32_t slot = 0; slot < WORKLOAD_SLOTS; slot++) {
    energy = less(energy + workload_income[slot], WORKLOAD_SLEEP_NJ);
    if (energy > WORKLOAD_CAPACITY_NJ)
      energy = WORKLOAD_CAPACITY_NJ;
    while (wake <= slot) {
      replay_begin();
      const uint32_t action = sampler_next(slot, energy);
      if (action == SAMPLER_SAMPLE) {
        replay_sampled();
        energy = less(energy, WORKLOAD_SAMPLE_NJ);
        sample(slot);
      } else if (action == SAMPLER_SEND) {
        replay_sent();
        energy = less(energy, transmit(slot));
      } else {
        replay_slept();
        wake = sampler_wake_slot();
        note(wake);
      }
      note(action);
      note(energy);
    }
  }
}

static void print_hash(void) {
  char text[] = "hash 00000000\n";
  for (uint32_t i = 0; i < 8; i++)
    text[5 + i] = "0123456789abcdef"[hash >> (28 - 4 * i) & 15];
  semihosting(SEMIHOSTING_WRITE0, text);
}

__attribute__((noreturn)) void replay_reset(void) {
  const uint32_t *from = ld_data_load;
  for (uint32_t *to = ld_data_start; to < ld_data_end;)
    *to++ = *from++;
  for (uint32_t *to = ld_bss_start; to < ld_bss_end;)
    *to++ = 0;
  if (sampler_begin(workload_settings) != 0)
    replay_fail(1);
  replay();
  print_hash();
  replay_done();
  leave(0);
}

__attribute__((noreturn)) static void fault(void) {
  replay_fail(2);
}

typedef void (*vector_t)(void);

__attribute__((section(".vectors"), used)) static const vector_t vectors[16] = {
    (vector_t)ld_stack_top, replay_reset, fault, fault, fault, fault, fault,
};
