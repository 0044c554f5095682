/*
 * RP2040 in rp2040js. UART0 (GPIO 0, 1) is the link, UART1 (GPIO 4, 5) the environment. NVM is a window of
 * SRAM that stands in for an FRAM chip: the emulator keeps it, and only it, over a power failure. Clocks stay
 * as after a reset (ring oscillator, nominally 6.5 MHz), which the emulation does not model.
 */
#include "../../core/board.h"

#include "../common/nvm.h"

typedef struct {
  volatile uint32_t data;
  uint32_t unused0[5];
  volatile uint32_t flags;
  uint32_t unused1[2];
  volatile uint32_t divider;
  volatile uint32_t fraction;
  volatile uint32_t line;
  volatile uint32_t control;
  uint32_t unused2;
  volatile uint32_t interrupt_mask;
  uint32_t unused3[2];
  volatile uint32_t interrupt_clear;
} uart_t;

#define LINK ((uart_t *)0x40034000u)
#define ENVIRONMENT ((uart_t *)0x40038000u)
#define NVM ((volatile uint8_t *)0x2003e000u)
#define RESETS_CLEAR (*(volatile uint32_t *)0x4000f000u)
#define RESETS_DONE (*(volatile uint32_t *)0x4000c008u)
#define CLK_PERI_CTRL (*(volatile uint32_t *)0x40008048u)
#define GPIO_CTRL(pin) (*(volatile uint32_t *)(0x40014004u + 8u * (pin)))
#define SCR (*(volatile uint32_t *)0xe000ed10u)
#define NVIC_ICPR (*(volatile uint32_t *)0xe000e280u)

/* IO_BANK0, PADS_BANK0, UART0, UART1. */
#define RESETS_USED ((1u << 5) | (1u << 8) | (1u << 22) | (1u << 23))
#define CLK_PERI_ENABLE (1u << 11)
#define GPIO_UART 2u
#define FLAG_RX_EMPTY (1u << 4)
#define FLAG_TX_FULL (1u << 5)
#define LINE_8N1_FIFO 0x70u
#define CONTROL_ON_TX_RX 0x301u
/* Receive, and receive timeout: a byte that is below the FIFO's threshold. */
#define INTERRUPT_RX 0x50u
#define SCR_SEVONPEND 0x10u
#define IRQ_UARTS ((1u << 20) | (1u << 21))
/* 115200 baud from 6.5 MHz: 3 + 34/64. */
#define DIVIDER 3u
#define FRACTION 34u

static void uart_open(uart_t *uart) {
  uart->divider = DIVIDER;
  uart->fraction = FRACTION;
  uart->line = LINE_8N1_FIFO;
  uart->control = CONTROL_ON_TX_RX;
  uart->interrupt_mask = INTERRUPT_RX;
}

static bool uart_put(uart_t *uart, uint8_t byte) {
  if (uart->flags & FLAG_TX_FULL)
    return false;
  uart->data = byte;
  return true;
}

static int32_t uart_get(uart_t *uart) {
  return uart->flags & FLAG_RX_EMPTY ? -1 : (int32_t)(uart->data & 0xff);
}

#include "../common/uarts.h"

void board_init(void) {
  RESETS_CLEAR = RESETS_USED;
  while ((RESETS_DONE & RESETS_USED) != RESETS_USED) {
  }
  CLK_PERI_CTRL = CLK_PERI_ENABLE;
  GPIO_CTRL(0) = GPIO_UART;
  GPIO_CTRL(1) = GPIO_UART;
  GPIO_CTRL(4) = GPIO_UART;
  GPIO_CTRL(5) = GPIO_UART;
  uart_open(LINK);
  uart_open(ENVIRONMENT);
  SCR = SCR_SEVONPEND;
}

/* A byte that arrives after the acknowledgement makes its interrupt pending again, which WFI does not miss.
 */
void board_wait(bool link) {
  LINK->interrupt_clear = INTERRUPT_RX;
  ENVIRONMENT->interrupt_clear = INTERRUPT_RX;
  NVIC_ICPR = IRQ_UARTS;
  if ((ENVIRONMENT->flags & FLAG_RX_EMPTY) && !(link && !(LINK->flags & FLAG_RX_EMPTY)))
    __asm__ volatile("wfe" ::: "memory");
}

void board_nvm_read(uint32_t offset, void *bytes, uint32_t length) {
  nvm_read(NVM, offset, bytes, length);
}

void board_nvm_write(uint32_t offset, const void *bytes, uint32_t length) {
  nvm_write(NVM, offset, bytes, length);
}
