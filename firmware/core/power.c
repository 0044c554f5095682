#include "power.h"

#include "board.h"
#include "frame.h"
#include "message.h"

PROTO_ENVIRONMENT_MESSAGES(MESSAGE_DEFINE)

/* Longest answer: the fixed part and a value per axis. */
#define POWER_MAX_ANSWER (PROTO_ANSWER_SIZE + 4 * PROTO_MAX_AXES)

static uint8_t power_buffer[FRAME_READER_SIZE(POWER_MAX_ANSWER)];
static frame_reader_t power_reader = {.buffer = power_buffer, .max_body = POWER_MAX_ANSWER};
/* Names the latest request: an answer to an earlier one is late and ignored. */
static uint8_t power_request_id;

static void power_request(uint32_t operation, uint32_t argument) {
  uint8_t body[PROTO_REQUEST_SIZE];
  uint8_t frame[FRAME_MAX(PROTO_REQUEST_SIZE)];
  const message_request_t request = {(uint8_t)operation, ++power_request_id, argument};
  message_encode_request(&request, body);
  board_environment_write(frame, frame_encode(body, sizeof body, frame));
}

/* Takes what has arrived; true once `power_buffer` holds the answer to the latest request. Then returns its
 * length. */
static uint32_t power_poll(message_answer_t *answer) {
  int32_t byte;
  while ((byte = board_environment_read()) >= 0) {
    const uint32_t length = frame_feed(&power_reader, (uint8_t)byte);
    if (length < PROTO_ANSWER_SIZE || power_buffer[0] != PROTO_ANSWER_TYPE)
      continue;
    message_decode_answer(power_buffer, answer);
    if (answer->id == power_request_id)
      return length;
  }
  return 0;
}

static uint32_t power_ask(uint32_t operation, uint32_t argument, message_answer_t *answer,
                          power_moment_t *now) {
  uint32_t length;
  power_request(operation, argument);
  while ((length = power_poll(answer)) == 0)
    board_wait(false);
  *now = (power_moment_t){answer->slot, answer->micros, answer->energy, answer->millivolts};
  return length;
}

uint32_t power_on(power_moment_t *now) {
  message_answer_t answer;
  power_ask(PROTO_POWER_ON, 0, &answer, now);
  return answer.node;
}

void power_sleep_until(uint32_t slot, power_moment_t *now) {
  message_answer_t answer;
  power_ask(PROTO_SLEEP_UNTIL, slot, &answer, now);
}

uint32_t power_sense(int32_t *values, power_moment_t *now) {
  message_answer_t answer;
  const uint32_t axes = (power_ask(PROTO_SENSE, 0, &answer, now) - PROTO_ANSWER_SIZE) / 4;
  for (uint32_t i = 0; i < axes; i++)
    values[i] = message_get_i32(power_buffer + PROTO_ANSWER_SIZE + 4 * i);
  return axes;
}

void power_transmit(uint32_t length, power_moment_t *now) {
  message_answer_t answer;
  power_ask(PROTO_TRANSMIT, length, &answer, now);
}

void power_listen(bool again) {
  power_request(PROTO_LISTEN, again);
}

bool power_listen_over(void) {
  message_answer_t answer;
  return power_poll(&answer) != 0;
}

void power_fault(uint32_t code) {
  power_request(PROTO_FAULT, code);
  for (;;)
    board_wait(false);
}
