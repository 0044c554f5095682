/*
 * A bare program for any Cortex-M and RV32 that QEMU emulates: plays the workload (workload.gen.h) to a
 * sampler and prints a hash of all it decided and formed, by semihosting. replay_begin and the replay_* that
 * follow it enclose what countPlugin.c counts; this file's own instructions are left out.
 */
#include "replay.h"

#include <stdbool.h>

#include "sampler.h"
#include "semihost.h"
#include "startup.h"
#include "workload.gen.h"

/* ADP_Stopped_ApplicationExit. */
#define APPLICATION_EXIT 0x20026u
/* Bytes of a frame besides the body. */
#define FRAME_OVERHEAD 5u
/* Every so many packets one is not answered. */
#define UNANSWERED_EVERY 17u
#define PACKET_BOOT_AT 5u
#define PACKET_SEQ_AT 9u

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

__attribute__((noreturn)) static void leave(uint32_t status) {
  const uintptr_t block[2] = {APPLICATION_EXIT, status};
  semihost_call(SEMIHOST_EXIT_EXTENDED, block);
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
  semihost_call(SEMIHOST_WRITE0, text);
}

__attribute__((noreturn, used)) static void replay_main(void) {
  startup_memory();
  if (sampler_begin(workload_settings) != 0)
    replay_fail(1);
  replay();
  print_hash();
  replay_done();
  leave(0);
}

__attribute__((noreturn, used, aligned(4))) static void replay_fault(void) {
  replay_fail(2);
}

#if defined(__riscv)
__attribute__((section(".vectors"), naked, used, aligned(4))) void replay_reset(void) {
  __asm__ volatile(".option arch, +zicsr\n"
                   "la sp, ld_stack_top\n"
                   "la t0, replay_fault\n"
                   "csrw mtvec, t0\n"
                   "call replay_main\n");
}
#else
__attribute__((noreturn)) void replay_reset(void) {
  replay_main();
}

typedef void (*vector_t)(void);

__attribute__((section(".vectors"), used)) static const vector_t vectors[16] = {
    (vector_t)ld_stack_top, replay_reset, replay_fault, replay_fault,
    replay_fault,           replay_fault, replay_fault,
};
#endif
