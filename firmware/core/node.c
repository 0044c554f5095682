#include "node.h"

#include <stdbool.h>
#include <string.h>

#include "board.h"
#include "frame.h"
#include "identity.h"
#include "journal.h"
#include "message.h"
#include "power.h"
#include "seasons.h"

/* `seq` of the ACK that answers a HELLO; `slot` of a TIME that asks. */
#define NODE_HELLO_SEQ 0xffffffffu
#define NODE_ANY_SLOT 0xffffffffu
#define NODE_UNCONFIGURED_SLEEP 16u
/* A STATUS follows every so many acknowledged packets. */
#define NODE_STATUS_EVERY 8u
/* Longest body that the host sends: CONFIG. Longer ones are counted as link errors. */
#define NODE_MAX_RECEIVE PROTO_CONFIG_SIZE

enum { ACTION_SLEEP, ACTION_SAMPLE, ACTION_SEND };

static w2c_seasons seasons;
static journal_t journal;
static power_moment_t now;
static uint32_t node_id;
static uint32_t journalled_errors;
/* Bodies with a good CRC-16 that are no message. */
static uint32_t refused;
/* A new configuration was stored, which the host has not heard of. */
static bool reconfigured;

static uint8_t link_buffer[FRAME_READER_SIZE(NODE_MAX_RECEIVE)];
static frame_reader_t link_reader = {.buffer = link_buffer, .max_body = NODE_MAX_RECEIVE};

static uint8_t *memory_at(uint32_t address) {
  return seasons.w2c_memory.data + address;
}

static void commit(uint32_t offset, uint32_t dirty) {
  journal.record.link_errors = journalled_errors + frame_faults(&link_reader) + refused;
  journal_commit(&journal, offset, dirty);
}

/* Puts a configuration to the module; 0 or its reason to refuse. */
static uint32_t configure(const uint8_t *settings) {
  memcpy(memory_at(w2c_seasons_configBase(&seasons)), settings, PROTO_CONFIG_SETTINGS_SIZE);
  return w2c_seasons_configure(&seasons);
}

/* Pays for the frame, then puts it on the link. */
static void transmit(const uint8_t *body, uint32_t length) {
  static uint8_t frame[FRAME_MAX(PROTO_MAX_NODE_BODY)];
  const uint32_t framed = frame_encode(body, length, frame);
  power_transmit(framed, &now);
  board_link_write(frame, framed);
}

static void take_config(const uint8_t *body) {
  message_config_t config;
  message_decode_config(body, &config);
  if (configure(body + PROTO_CONFIG_SETTINGS_AT) != 0)
    return;
  journal.record.configured = 1;
  journal.record.config_id = config.config_id;
  reconfigured = true;
  memcpy(journal.record.config, body + PROTO_CONFIG_SETTINGS_AT, PROTO_CONFIG_SETTINGS_SIZE);
  if (config.boot > journal.record.boot) {
    journal.record.boot = config.boot;
    w2c_seasons_start(&seasons, node_id, config.boot);
  }
  commit(0, 0);
}

static void answer_time(message_time_t *time) {
  uint8_t body[PROTO_TIME_SIZE];
  time->node = node_id;
  time->slot = now.slot;
  time->micros = now.micros;
  transmit(body, message_encode_time(time, body));
  power_listen(true);
}

/* Handles one body from the host. True for ACK(boot, seq). */
static bool handle(const uint8_t *body, uint32_t length, uint32_t boot, uint32_t seq) {
  if (message_check(body, length) != MESSAGE_OK) {
    refused++;
    return false;
  }
  /* Every message but HELLO starts with the node it concerns. */
  const uint32_t node = message_get_u32(body + PROTO_ACK_NODE_AT);
  if (body[0] == PROTO_ACK_TYPE) {
    message_ack_t ack;
    message_decode_ack(body, &ack);
    return node == node_id && ack.boot == boot && ack.seq == seq;
  }
  if (node != node_id && node != 0)
    return false;
  if (body[0] == PROTO_CONFIG_TYPE) {
    take_config(body);
  } else if (body[0] == PROTO_TIME_TYPE) {
    message_time_t time;
    message_decode_time(body, &time);
    if (time.slot == NODE_ANY_SLOT)
      answer_time(&time);
  }
  return false;
}

/* Handles what the host sends until ACK(boot, seq) arrives (true) or the window ends (false). */
static bool listen(uint32_t boot, uint32_t seq) {
  power_listen(false);
  for (;;) {
    int32_t byte;
    while ((byte = board_link_read()) >= 0) {
      const uint32_t length = frame_feed(&link_reader, (uint8_t)byte);
      if (length > 0 && handle(link_buffer, length, boot, seq))
        return true;
    }
    if (power_listen_over())
      return false;
    board_wait(true);
  }
}

static void introduce(void) {
  uint8_t body[PROTO_HELLO_SIZE];
  message_hello_t message = {
      .protocol = PROTO_VERSION,
      .node = node_id,
      .boot = journal.record.boot,
      .slot = now.slot,
      .config_id = journal.record.config_id,
  };
  memcpy(message.firmware.bytes, identity.firmware, sizeof identity.firmware);
  memcpy(message.module.bytes, identity.module, sizeof identity.module);
  transmit(body, message_encode_hello(&message, body));
  listen(journal.record.boot, NODE_HELLO_SEQ);
}

/* Tells the host of this boot and its configuration; once more when the host then changed it. */
static void hello(void) {
  reconfigured = false;
  introduce();
  if (reconfigured)
    introduce();
  reconfigured = false;
}

static void status(void) {
  uint8_t body[PROTO_STATUS_SIZE];
  const message_status_t message = {
      .node = node_id,
      .boot = journal.record.boot,
      .slot = now.slot,
      .millivolts = now.millivolts,
      .queue = (uint16_t)w2c_seasons_queueLength(&seasons),
      .oldest_age = w2c_seasons_oldestAge(&seasons, now.slot),
      .sampled = w2c_seasons_sampledCount(&seasons),
      .formed = w2c_seasons_formedCount(&seasons),
      .acknowledged = w2c_seasons_acknowledgedCount(&seasons),
      .blocked = w2c_seasons_blockedCount(&seasons),
      .late = w2c_seasons_lateCount(&seasons),
      .pruned = w2c_seasons_prunedCount(&seasons),
      .expired = w2c_seasons_expiredCount(&seasons),
      .link_errors = journal.record.link_errors,
  };
  transmit(body, message_encode_status(&message, body));
}

/* Every failure before this commit is a boot that the journal has not seen: its number is used again, unsent.
 */
static void boot(void) {
  node_id = power_on(&now);
  wasm2c_seasons_instantiate(&seasons);
  const uint32_t head_size = w2c_seasons_headSize(&seasons);
  const uint32_t ring_size = w2c_seasons_stateSize(&seasons) - head_size;
  if (!journal_open(&journal, memory_at(w2c_seasons_stateBase(&seasons)), head_size, ring_size))
    w2c_seasons_reset(&seasons);
  journalled_errors = journal.record.link_errors;
  journal.record.boot++;
  commit(0, 0);
  w2c_seasons_start(&seasons, node_id, journal.record.boot);
  if (journal.record.configured)
    configure(journal.record.config);
  hello();
  while (!journal.record.configured) {
    power_sleep_until(now.slot + NODE_UNCONFIGURED_SLEEP, &now);
    hello();
  }
}

static void sample(void) {
  int32_t values[PROTO_MAX_AXES];
  const uint32_t axes = power_sense(values, &now);
  memcpy(memory_at(w2c_seasons_inputBase(&seasons)), values, axes * sizeof values[0]);
  const bool queued = w2c_seasons_push(&seasons, now.slot) == 0;
  commit(w2c_seasons_dirtyOffset(&seasons), queued ? w2c_seasons_dirtySize(&seasons) : 0);
}

static void send(void) {
  const uint32_t length = w2c_seasons_packet(&seasons);
  /* The packet's name and extent are durable before anyone can have seen it. */
  commit(0, 0);
  const uint8_t *body = memory_at(w2c_seasons_packetBase(&seasons));
  message_samples_t packet;
  message_decode_samples(body, &packet);
  transmit(body, length);
  const bool answered = listen(packet.boot, packet.seq);
  if (answered)
    w2c_seasons_acked(&seasons, packet.boot, packet.seq);
  else
    w2c_seasons_unsent(&seasons, now.slot);
  commit(0, 0);
  if (answered && w2c_seasons_acknowledgedCount(&seasons) % NODE_STATUS_EVERY == 0)
    status();
  if (reconfigured)
    hello();
}

void node_run(void) {
  board_init();
  boot();
  for (;;) {
    switch (w2c_seasons_next(&seasons, now.slot, now.energy)) {
    case ACTION_SAMPLE:
      sample();
      break;
    case ACTION_SEND:
      send();
      break;
    default:
      power_sleep_until(w2c_seasons_wakeSlot(&seasons), &now);
      break;
    }
  }
}

void wasm_rt_trap(wasm_rt_trap_t trap) {
  power_fault(trap);
}
