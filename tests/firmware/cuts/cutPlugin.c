/*
 * A QEMU TCG plugin that ends the emulator, at once and without tidying up, before the instruction with the
 * number in its argument `at=N`, counted from power-on. What the guest has written to a file-backed memory
 * and to its UARTs is with the kernel by then. The declarations are those of the plugin interface
 * (docs/devel/tcg-plugins.rst), of which Debian ships no header.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct qemu_plugin_tb;
struct qemu_plugin_insn;

void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id,
                                           void (*translated)(uint64_t, struct qemu_plugin_tb *));
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t index);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn,
                                            void (*executes)(unsigned int, void *), int flags, void *data);

__attribute__((visibility("default"))) int qemu_plugin_version = PLUGIN_VERSION;

static uint64_t left;

static void executes(unsigned int cpu, void *data) {
  (void)cpu;
  (void)data;
  if (left-- == 0)
    _exit(CUT_STATUS);
}

static void translated(uint64_t id, struct qemu_plugin_tb *tb) {
  (void)id;
  const size_t count = qemu_plugin_tb_n_insns(tb);
  for (size_t i = 0; i < count; i++)
    qemu_plugin_register_vcpu_insn_exec_cb(qemu_plugin_tb_get_insn(tb, i), executes, 0, NULL);
}

__attribute__((visibility("default"))) int qemu_plugin_install(uint64_t id, const void *info, int argc,
                                                               char **argv) {
  (void)info;
  if (argc != 1 || strncmp(argv[0], "at=", 3) != 0)
    return 1;
  left = strtoull(argv[0] + 3, NULL, 10);
  qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
  return 0;
}
