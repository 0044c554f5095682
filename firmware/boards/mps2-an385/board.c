/*
 * MPS2 AN385 in QEMU. UART0 is the link, UART1 the environment. NVM is the start of the PSRAM, which QEMU
 * maps from a file, so that it outlives a killed emulator.
 */
#include "../../core/board.h"

#include "../common/nvm.h"

typedef struct {
  volatile uint32_t data;
  volatile uint32_t state;
  volatile uint32_t control;
  volatile uint32_t interrupt;
  volatile uint32_t divider;
} uart_t;

#define LINK ((uart_t *)0x40004000u)
#define ENVIRONMENT ((uart_t *)0x40005000u)
#define NVM ((volatile uint8_t *)0x21000000u)
#define NVIC_ISER (*(volatile uint32_t *)0xe000e100u)
#define NVIC_ICPR (*(volatile uint32_t *)0xe000e280u)

#define STATE_TX_FULL 1u
#define STATE_RX_FULL 2u
#define CONTROL_TX_RX_RXIRQ 0x0bu
#define INTERRUPT_RX 2u
/* Receive interrupts of UART0 and UART1. */
#define IRQ_RX 0x05u
/* The emulation does not model time on the wire; 16 is the least divider allowed. */
#define DIVIDER 16u

/* Reading once makes QEMU look for input again, which it had given up while the receiver was off. */
static void uart_open(uart_t *uart) {
  uart->divider = DIVIDER;
  uart->control = CONTROL_TX_RX_RXIRQ;
  (void)uart->data;
}

static bool uart_put(uart_t *uart, uint8_t byte) {
  if (uart->state & STATE_TX_FULL)
    return false;
  uart->data = byte;
  return true;
}

static int32_t uart_get(uart_t *uart) {
  return uart->state & STATE_RX_FULL ? (int32_t)uart->data : -1;
}

#include "../common/uarts.h"

void board_init(void) {
  uart_open(LINK);
  uart_open(ENVIRONMENT);
  NVIC_ISER = IRQ_RX;
}

/* A byte that arrives after the acknowledgement makes its interrupt pending again, which WFI does not miss.
 */
void board_wait(bool link) {
  LINK->interrupt = INTERRUPT_RX;
  ENVIRONMENT->interrupt = INTERRUPT_RX;
  NVIC_ICPR = IRQ_RX;
  if (!(ENVIRONMENT->state & STATE_RX_FULL) && !(link && (LINK->state & STATE_RX_FULL)))
    __asm__ volatile("dsb\n wfi" ::: "memory");
}

void board_nvm_read(uint32_t offset, void *bytes, uint32_t length) {
  nvm_read(NVM, offset, bytes, length);
}

void board_nvm_write(uint32_t offset, const void *bytes, uint32_t length) {
  nvm_write(NVM, offset, bytes, length);
}
