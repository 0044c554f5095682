/*
 * What clang calls on an MSP430 and no library for it brings: copying, and arithmetic wider than a register
 * (MSP430 EABI, 6.3). Plain and slow: the replay asks what is decided, not how fast.
 */
#include <stddef.h>
#include <stdint.h>

void *memcpy(void *to, const void *from, size_t length) {
  uint8_t *target = to;
  for (const uint8_t *source = from; length > 0; length--)
    *target++ = *source++;
  return to;
}

void *memmove(void *to, const void *from, size_t length) {
  uint8_t *target = to;
  const uint8_t *source = from;
  if (target < source)
    return memcpy(to, from, length);
  while (length > 0) {
    length--;
    target[length] = source[length];
  }
  return to;
}

void *memset(void *to, int value, size_t length) {
  for (uint8_t *target = to; length > 0; length--)
    *target++ = (uint8_t)value;
  return to;
}

int memcmp(const void *one, const void *other, size_t length) {
  const uint8_t *b = other;
  for (const uint8_t *a = one; length > 0; a++, b++, length--)
    if (*a != *b)
      return *a - *b;
  return 0;
}

#define MULTIPLY(name, type)                                                                                 \
  type name(type a, type b) {                                                                                \
    type product = 0;                                                                                        \
    for (; b != 0; b >>= 1, a += a)                                                                          \
      if (b & 1)                                                                                             \
        product += a;                                                                                        \
    return product;                                                                                          \
  }
MULTIPLY(__mspabi_mpyi, uint16_t)
MULTIPLY(__mspabi_mpyl, uint32_t)
MULTIPLY(multiply_long_long, uint64_t)

#define SHIFT(name, type, count_type, operation)                                                             \
  type name(type value, count_type count) {                                                                  \
    while (count-- > 0)                                                                                      \
      value operation 1;                                                                                     \
    return value;                                                                                            \
  }
SHIFT(__mspabi_slll, uint32_t, int16_t, <<=)
SHIFT(__mspabi_srll, uint32_t, int16_t, >>=)
SHIFT(__mspabi_sral, int32_t, int16_t, >>=)
SHIFT(__ashldi3, uint64_t, int, <<=)
SHIFT(__lshrdi3, uint64_t, int, >>=)
SHIFT(__ashrdi3, int64_t, int, >>=)

#define DIVIDE(name, type, bits)                                                                             \
  type name(type dividend, type divisor) {                                                                   \
    type quotient = 0;                                                                                       \
    type rest = 0;                                                                                           \
    for (int bit = 0; bit < bits; bit++) {                                                                   \
      const int carry = (int)(rest >> (bits - 1));                                                           \
      rest = (type)(rest + rest + (dividend >> (bits - 1)));                                                 \
      dividend += dividend;                                                                                  \
      quotient += quotient;                                                                                  \
      if (carry || rest >= divisor) {                                                                        \
        rest -= divisor;                                                                                     \
        quotient++;                                                                                          \
      }                                                                                                      \
    }                                                                                                        \
    return quotient;                                                                                         \
  }
DIVIDE(__mspabi_divu, uint16_t, 16)
DIVIDE(__mspabi_divul, uint32_t, 32)

int32_t __mspabi_divli(int32_t dividend, int32_t divisor) {
  const uint32_t size = __mspabi_divul(dividend < 0 ? -(uint32_t)dividend : (uint32_t)dividend,
                                       divisor < 0 ? -(uint32_t)divisor : (uint32_t)divisor);
  return (int32_t)((dividend < 0) != (divisor < 0) ? -size : size);
}
