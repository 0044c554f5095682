/*
 * What the C that wasm2c makes needs from its runtime, for one module on a microcontroller.
 *
 * Linear memory is a static array inside the instance, WASM_LINEAR_SIZE bytes: what the module uses, not the
 * 64 KiB pages that it declares. Loads and stores are not checked (the module is built and signed by us),
 * unless the build defines WASM_CHECKED; bulk operations are always checked. Tables, memory.grow, SIMD and
 * imports do not exist here: host/build refuses a module that has any of them.
 */
#ifndef WASM_RT_H
#define WASM_RT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifndef WASM_LINEAR_SIZE
#error "WASM_LINEAR_SIZE is the number of bytes of linear memory that the module uses"
#endif

#define LIKELY(x) __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)

#define WASM_RT_USE_SEGUE 0
#define WASM_RT_STACK_DEPTH_COUNT 0
#ifdef WASM_CHECKED
#define WASM_RT_MEMCHECK_GUARD_PAGES 0
#else
#define WASM_RT_MEMCHECK_GUARD_PAGES 1
#endif

typedef enum {
  WASM_RT_TRAP_NONE,
  WASM_RT_TRAP_OOB,
  WASM_RT_TRAP_INT_OVERFLOW,
  WASM_RT_TRAP_DIV_BY_ZERO,
  WASM_RT_TRAP_INVALID_CONVERSION,
  WASM_RT_TRAP_UNREACHABLE,
  WASM_RT_TRAP_CALL_INDIRECT,
  WASM_RT_TRAP_EXHAUSTION,
} wasm_rt_trap_t;

typedef enum { WASM_RT_I32, WASM_RT_I64, WASM_RT_F32, WASM_RT_F64 } wasm_rt_type_t;

typedef struct {
  uint32_t size;
  uint8_t data[WASM_LINEAR_SIZE] __attribute__((aligned(8)));
} wasm_rt_memory_t;

/* Named by the generated prologue; a module without tables never makes one. */
typedef const char *wasm_rt_func_type_t;
typedef void (*wasm_rt_function_ptr_t)(void);
typedef struct {
  void (*fn)(void **instance, void *args, void *next);
} wasm_rt_tailcallee_t;
typedef struct {
  wasm_rt_func_type_t func_type;
  wasm_rt_function_ptr_t func;
  wasm_rt_tailcallee_t func_tailcallee;
  void *module_instance;
} wasm_rt_funcref_t;
typedef void *wasm_rt_externref_t;
typedef struct {
  wasm_rt_funcref_t *data;
  uint32_t size;
} wasm_rt_funcref_table_t;
typedef struct {
  wasm_rt_externref_t *data;
  uint32_t size;
} wasm_rt_externref_table_t;
#define wasm_rt_funcref_null_value ((wasm_rt_funcref_t){NULL, NULL, {NULL}, NULL})
#define wasm_rt_externref_null_value ((wasm_rt_externref_t)NULL)

/* Processors without unaligned access: left to itself gcc would take bytes. */
#if defined(__ARM_ARCH_6M__) || defined(__riscv) || defined(__MSP430__)
#define WASM_STRICT_ALIGNMENT
#endif

#ifdef WASM_STRICT_ALIGNMENT
typedef uint16_t __attribute__((may_alias)) wasm_rt_half_t;
typedef uint32_t __attribute__((may_alias)) wasm_rt_word_t;

__attribute__((noinline, unused)) static uint32_t wasm_rt_load_bytes(const uint8_t *from) {
  return from[0] | (uint32_t)from[1] << 8 | (uint32_t)from[2] << 16 | (uint32_t)from[3] << 24;
}

__attribute__((noinline, unused)) static void wasm_rt_store_bytes(uint8_t *to, uint32_t word) {
  for (uint32_t i = 0; i < 4; i++)
    to[i] = (uint8_t)(word >> 8 * i);
}
#endif

/*
 * Loads and stores go through this with a constant length, a variable's address on the one side and linear
 * memory on the other. Our own module keeps every address aligned to the size of the access
 * (tests/seasons/alignment.test.ts), so that each is one instruction on any processor; without that it would
 * be a fault on one of strict alignment. A module that is not our own (WASM_CHECKED) may do as it likes.
 */
__attribute__((always_inline)) static inline void wasm_rt_memcpy(void *to, const void *from, size_t length) {
#if defined(WASM_STRICT_ALIGNMENT) && defined(WASM_CHECKED)
  if (length == 4) {
    const uint32_t word =
        LIKELY(((uintptr_t)from & 3) == 0) ? *(const wasm_rt_word_t *)from : wasm_rt_load_bytes(from);
    if (LIKELY(((uintptr_t)to & 3) == 0))
      *(wasm_rt_word_t *)to = word;
    else
      wasm_rt_store_bytes(to, word);
    return;
  }
#elif defined(WASM_STRICT_ALIGNMENT)
  if (__builtin_constant_p(length) && length == 2) {
    *(wasm_rt_half_t *)to = *(const wasm_rt_half_t *)from;
    return;
  }
  if (__builtin_constant_p(length) && (length == 4 || length == 8)) {
    ((wasm_rt_word_t *)to)[0] = ((const wasm_rt_word_t *)from)[0];
    if (length == 8)
      ((wasm_rt_word_t *)to)[1] = ((const wasm_rt_word_t *)from)[1];
    return;
  }
#endif
  memcpy(to, from, length);
}

static inline bool wasm_rt_is_initialized(void) {
  return true;
}

/* The module's page count does not matter: it gets the bytes that it uses, zeroed. */
static inline void wasm_rt_allocate_memory(wasm_rt_memory_t *memory, uint64_t pages, uint64_t max_pages,
                                           bool is64, uint32_t page_size) {
  (void)pages, (void)max_pages, (void)is64, (void)page_size;
  memory->size = WASM_LINEAR_SIZE;
  memset(memory->data, 0, sizeof memory->data);
}

static inline void wasm_rt_free_memory(wasm_rt_memory_t *memory) {
  (void)memory;
}

/* Reports the trap to the board and never returns. */
__attribute__((noreturn)) void wasm_rt_trap(wasm_rt_trap_t trap);

#endif
