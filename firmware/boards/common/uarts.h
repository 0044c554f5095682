/*
 * The link and the environment as two UARTs. A board includes this after it has defined `uart_t`, the
 * pointers LINK and ENVIRONMENT, `uart_put` (false while there is no room for the byte) and `uart_get` (-1
 * while there is none).
 */
#ifndef UARTS_H
#define UARTS_H

static void uart_write(uart_t *uart, const uint8_t *bytes, uint32_t length) {
  for (uint32_t i = 0; i < length; i++) {
    while (!uart_put(uart, bytes[i])) {
    }
  }
}

void board_link_write(const uint8_t *bytes, uint32_t length) {
  uart_write(LINK, bytes, length);
}

int32_t board_link_read(void) {
  return uart_get(LINK);
}

void board_environment_write(const uint8_t *bytes, uint32_t length) {
  uart_write(ENVIRONMENT, bytes, length);
}

int32_t board_environment_read(void) {
  return uart_get(ENVIRONMENT);
}

#endif
