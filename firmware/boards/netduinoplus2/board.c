/* Netduino Plus 2 (STM32F405, Cortex-M4F) in QEMU. */
#include "../common/semihost_nvm.h"

#define STM32_USART1 0x40011000u
#include "../common/stm32.h"
