#ifndef CRC_H
#define CRC_H

#include <stdint.h>

#define CRC16_START 0xffffu
#define CRC32_START 0u

/* CRC-16/IBM-3740 (polynomial 0x1021, initial 0xFFFF, not reflected); check value 0x29B1. Continues from
 * `crc`. */
uint16_t crc16(uint16_t crc, const uint8_t *bytes, uint32_t length);

/* CRC-32/ISO-HDLC (the CRC of Ethernet and zip); check value 0xCBF43926. Continues from the CRC of what came
 * before. */
uint32_t crc32(uint32_t crc, const uint8_t *bytes, uint32_t length);

#endif
