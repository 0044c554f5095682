/*
 * STM32 in QEMU: USART1, whose address is the board's (STM32_USART1), is the link, USART2 the environment.
 * QEMU models neither clocks nor pins, which silicon would want enabled first. NVM is a file behind
 * semihosting.
 */
#ifndef STM32_H
#define STM32_H

#include "../../core/board.h"

typedef struct {
  volatile uint32_t status;
  volatile uint32_t data;
  volatile uint32_t divider;
  volatile uint32_t control;
} uart_t;

#define LINK ((uart_t *)STM32_USART1)
#define ENVIRONMENT ((uart_t *)0x40004400u)
#define NVIC_ISER1 (*(volatile uint32_t *)0xe000e104u)
#define NVIC_ICPR1 (*(volatile uint32_t *)0xe000e284u)

#define STATUS_RX_FULL (1u << 5)
#define STATUS_TX_EMPTY (1u << 7)
/* UE, RXNEIE, TE, RE. */
#define CONTROL_ON_TX_RX_RXIRQ ((1u << 13) | (1u << 5) | (1u << 3) | (1u << 2))
/* Interrupts 37 and 38. */
#define IRQ_USARTS ((1u << 5) | (1u << 6))
/* 115200 baud from 8 MHz: 69 / 16. */
#define DIVIDER 69u

static bool uart_put(uart_t *uart, uint8_t byte) {
  if (!(uart->status & STATUS_TX_EMPTY))
    return false;
  uart->data = byte;
  return true;
}

static int32_t uart_get(uart_t *uart) {
  return uart->status & STATUS_RX_FULL ? (int32_t)(uart->data & 0xff) : -1;
}

#include "uarts.h"

static void uart_open(uart_t *uart) {
  uart->divider = DIVIDER;
  uart->control = CONTROL_ON_TX_RX_RXIRQ;
}

void board_init(void) {
  uart_open(LINK);
  uart_open(ENVIRONMENT);
  NVIC_ISER1 = IRQ_USARTS;
  semihost_close_all();
  semihost_nvm_open();
}

/* A byte that arrives after the acknowledgement makes its interrupt pending again, which WFI does not miss.
 */
void board_wait(bool link) {
  NVIC_ICPR1 = IRQ_USARTS;
  if (!(ENVIRONMENT->status & STATUS_RX_FULL) && !(link && (LINK->status & STATUS_RX_FULL)))
    __asm__ volatile("dsb\n wfi" ::: "memory");
}

#endif
