/*
 * BBC micro:bit (nRF51822, Cortex-M0, 16 KB RAM) in QEMU. Its one UART is the link; environment and NVM are
 * behind semihosting. Registers: nRF51 Series Reference Manual 3.0, chapter 29. QEMU models neither pins nor
 * time on the wire.
 */
#include "../../core/board.h"

#include "../common/semihost_environment.h"
#include "../common/semihost_nvm.h"

#define UART(offset) (*(volatile uint32_t *)(0x40002000u + (offset)))
#define UART_START_RX UART(0x000)
#define UART_START_TX UART(0x008)
#define UART_RX_READY UART(0x108)
#define UART_TX_READY UART(0x11c)
#define UART_ERROR UART(0x124)
#define UART_INTERRUPT_SET UART(0x304)
#define UART_INTERRUPT_CLEAR UART(0x308)
#define UART_ERROR_SOURCE UART(0x480)
#define UART_ENABLE UART(0x500)
#define UART_PIN_TX UART(0x50c)
#define UART_PIN_RX UART(0x514)
#define UART_RX UART(0x518)
#define UART_TX UART(0x51c)
#define UART_BAUD UART(0x524)
#define NVIC_ISER (*(volatile uint32_t *)0xe000e100u)
#define NVIC_ICPR (*(volatile uint32_t *)0xe000e280u)

#define ENABLE_UART 4u
/* The micro:bit's USB bridge. */
#define PIN_TX 24u
#define PIN_RX 25u
/* 115200 baud. */
#define BAUD 0x01d7e000u
#define INTERRUPT_RX (1u << 2)
#define INTERRUPT_ERROR (1u << 9)
#define IRQ_UART (1u << 2)

void board_init(void) {
  UART_PIN_TX = PIN_TX;
  UART_PIN_RX = PIN_RX;
  UART_BAUD = BAUD;
  UART_ENABLE = ENABLE_UART;
  UART_START_TX = 1;
  UART_START_RX = 1;
  UART_INTERRUPT_SET = INTERRUPT_ERROR;
  NVIC_ISER = IRQ_UART;
  semihost_close_all();
  semihost_nvm_open();
  semihost_environment_open();
}

void board_link_write(const uint8_t *bytes, uint32_t length) {
  for (uint32_t i = 0; i < length; i++) {
    UART_TX_READY = 0;
    UART_TX = bytes[i];
    while (!UART_TX_READY) {
    }
  }
}

/* The event is set again by the next byte that waits. */
int32_t board_link_read(void) {
  if (!UART_RX_READY)
    return -1;
  UART_RX_READY = 0;
  return (int32_t)(UART_RX & 0xff);
}

/* The bell is taken back before the mailbox is read: one that rings meanwhile is heard next time. */
int32_t board_environment_read(void) {
  if (UART_ERROR) {
    UART_ERROR = 0;
    UART_ERROR_SOURCE = UART_ERROR_SOURCE;
    semihost_answered();
  }
  return semihost_environment_read();
}

/* What comes after the acknowledgement makes the interrupt pending again, which WFI does not miss. */
void board_wait(bool link) {
  if (link)
    UART_INTERRUPT_SET = INTERRUPT_RX;
  else
    UART_INTERRUPT_CLEAR = INTERRUPT_RX;
  NVIC_ICPR = IRQ_UART;
  if (!UART_ERROR && !(link && UART_RX_READY))
    __asm__ volatile("dsb\n wfi" ::: "memory");
}
