/*
 * A QEMU TCG plugin that counts instructions of the guest. Arguments, addresses in hex: `skip=A:B`, a range
 * that is not counted; `begin=A`, where counting starts from zero; `end=A:B:...`, each the end of one kind of
 * work; `done=A`, where for each kind a line "times instructions most" is printed. The declarations are those
 * of the plugin interface (docs/devel/tcg-plugins.rst), of which Debian ships no header.
 */
#include <inttypes.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_KINDS 16

struct qemu_plugin_tb;
struct qemu_plugin_insn;

void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id,
                                           void (*translated)(uint64_t, struct qemu_plugin_tb *));
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t index);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn,
                                            void (*executes)(unsigned int, void *), int flags, void *data);

__attribute__((visibility("default"))) int qemu_plugin_version = PLUGIN_VERSION;

typedef struct {
  uint64_t at, times, instructions, most;
} kind_t;

static uint64_t skip_from, skip_to, begin_at, done_at;
static kind_t kinds[MAX_KINDS];
static size_t kind_count;
static uint64_t counted;

static void executes(unsigned int cpu, void *data) {
  (void)cpu, (void)data;
  counted++;
}

static void begins(unsigned int cpu, void *data) {
  (void)cpu, (void)data;
  counted = 0;
}

static void ends(unsigned int cpu, void *data) {
  (void)cpu;
  kind_t *kind = data;
  kind->times++;
  kind->instructions += counted;
  if (counted > kind->most)
    kind->most = counted;
}

static void reports(unsigned int cpu, void *data) {
  (void)cpu, (void)data;
  for (size_t i = 0; i < kind_count; i++)
    printf("%" PRIu64 " %" PRIu64 " %" PRIu64 "\n", kinds[i].times, kinds[i].instructions, kinds[i].most);
  fflush(stdout);
}

static void translated(uint64_t id, struct qemu_plugin_tb *tb) {
  (void)id;
  const size_t count = qemu_plugin_tb_n_insns(tb);
  for (size_t i = 0; i < count; i++) {
    struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
    const uint64_t at = qemu_plugin_insn_vaddr(insn);
    if (at < skip_from || at >= skip_to)
      qemu_plugin_register_vcpu_insn_exec_cb(insn, executes, 0, NULL);
    else if (at == begin_at)
      qemu_plugin_register_vcpu_insn_exec_cb(insn, begins, 0, NULL);
    else if (at == done_at)
      qemu_plugin_register_vcpu_insn_exec_cb(insn, reports, 0, NULL);
    for (size_t k = 0; k < kind_count; k++)
      if (at == kinds[k].at)
        qemu_plugin_register_vcpu_insn_exec_cb(insn, ends, 0, &kinds[k]);
  }
}

/* The addresses of an argument "NAME=A:B:..."; returns how many. */
static size_t addresses(const char *argument, uint64_t *to) {
  size_t count = 0;
  const char *text = strchr(argument, '=');
  while (text && count < MAX_KINDS) {
    to[count++] = strtoull(text + 1, NULL, 16);
    text = strchr(text + 1, ':');
  }
  return count;
}

__attribute__((visibility("default"))) int qemu_plugin_install(uint64_t id, const void *info, int argc,
                                                               char **argv) {
  (void)info;
  for (int i = 0; i < argc; i++) {
    uint64_t values[MAX_KINDS];
    const size_t count = addresses(argv[i], values);
    if (strncmp(argv[i], "skip=", 5) == 0 && count == 2) {
      skip_from = values[0];
      skip_to = values[1];
    } else if (strncmp(argv[i], "begin=", 6) == 0 && count == 1) {
      begin_at = values[0];
    } else if (strncmp(argv[i], "done=", 5) == 0 && count == 1) {
      done_at = values[0];
    } else if (strncmp(argv[i], "end=", 4) == 0) {
      kind_count = count;
      for (size_t k = 0; k < count; k++)
        kinds[k].at = values[k];
    } else {
      return 1;
    }
  }
  qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
  return 0;
}
