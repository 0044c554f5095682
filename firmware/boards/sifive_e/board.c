/* SiFive E in QEMU. UART0 is the link, UART1 the environment. NVM is a file behind semihosting. */
#include "../../core/board.h"

#include "../common/semihost_nvm.h"

typedef struct {
  volatile uint32_t transmit;
  volatile uint32_t receive;
  volatile uint32_t transmit_control;
  volatile uint32_t receive_control;
  volatile uint32_t interrupt_enable;
  volatile uint32_t interrupt_pending;
  volatile uint32_t divider;
} uart_t;

#define LINK ((uart_t *)0x10013000u)
#define ENVIRONMENT ((uart_t *)0x10023000u)
#define PLIC_PRIORITY(irq) (*(volatile uint32_t *)(0x0c000000u + 4u * (irq)))
#define PLIC_ENABLE (*(volatile uint32_t *)0x0c002000u)
#define PLIC_THRESHOLD (*(volatile uint32_t *)0x0c200000u)
#define PLIC_CLAIM (*(volatile uint32_t *)0x0c200004u)

#define FULL_OR_EMPTY (1u << 31)
#define CONTROL_ON 1u
#define INTERRUPT_RX 2u
#define IRQ_LINK 3u
#define IRQ_ENVIRONMENT 4u
#define MIE_EXTERNAL (1u << 11)
/* 115200 baud from 16 MHz. */
#define DIVIDER 138u

static bool uart_put(uart_t *uart, uint8_t byte) {
  if (uart->transmit & FULL_OR_EMPTY)
    return false;
  uart->transmit = byte;
  return true;
}

static int32_t uart_get(uart_t *uart) {
  const uint32_t received = uart->receive;
  return received & FULL_OR_EMPTY ? -1 : (int32_t)(received & 0xff);
}

#include "../common/uarts.h"

static void uart_open(uart_t *uart) {
  uart->divider = DIVIDER;
  uart->transmit_control = CONTROL_ON;
  uart->receive_control = CONTROL_ON;
  uart->interrupt_enable = INTERRUPT_RX;
}

void board_init(void) {
  uart_open(LINK);
  uart_open(ENVIRONMENT);
  PLIC_PRIORITY(IRQ_LINK) = 1;
  PLIC_PRIORITY(IRQ_ENVIRONMENT) = 1;
  PLIC_THRESHOLD = 0;
  PLIC_ENABLE = (1u << IRQ_LINK) | (1u << IRQ_ENVIRONMENT);
  __asm__ volatile(".option arch, +zicsr\n csrw mie, %0" ::"r"(MIE_EXTERNAL));
  semihost_close_all();
  semihost_nvm_open();
}

/* A byte that arrives after the claims makes its interrupt pending again, which WFI does not miss. */
void board_wait(bool link) {
  for (uint32_t irq; (irq = PLIC_CLAIM) != 0;)
    PLIC_CLAIM = irq;
  if (!(ENVIRONMENT->interrupt_pending & INTERRUPT_RX) && !(link && (LINK->interrupt_pending & INTERRUPT_RX)))
    __asm__ volatile("wfi" ::: "memory");
}
