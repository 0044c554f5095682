/* What every board provides. All calls are made from one thread; there are no interrupt handlers. */
#ifndef BOARD_H
#define BOARD_H

#include <stdbool.h>
#include <stdint.h>

/* Bytes of non-volatile memory that a board provides at least. */
#define BOARD_NVM_SIZE 8192u

void board_init(void);

/* The link to the host. Writing waits until the UART has taken the bytes; reading answers -1 when there is
 * none. */
void board_link_write(const uint8_t *bytes, uint32_t length);
int32_t board_link_read(void);

/* The environment: the power management unit and the sensor of a real node, emulated behind a UART of its
 * own. */
void board_environment_write(const uint8_t *bytes, uint32_t length);
int32_t board_environment_read(void);

/* Sleeps until the environment may have sent a byte, or, if `link` is set, the host. May return early. */
void board_wait(bool link);

/* Byte-addressable memory that outlives a power failure. Each byte is written whole or not at all, in order.
 */
void board_nvm_read(uint32_t offset, void *bytes, uint32_t length);
void board_nvm_write(uint32_t offset, const void *bytes, uint32_t length);

#endif
