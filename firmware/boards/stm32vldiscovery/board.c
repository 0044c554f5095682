/* STM32VLDISCOVERY (STM32F100, Cortex-M3, 8 KB RAM) in QEMU. */
#include "../common/semihost_nvm.h"

#define STM32_USART1 0x40013800u
#include "../common/stm32.h"
