// SPDX-License-Identifier: Apache-2.0
// A plugin for qemu-user that counts executed guest instructions: a deterministic cost of an aarch64 program where
// no Arm board is at hand. bench/peers/count_aarch64.sh builds and uses it:
//
//   g++ -O2 -shared -fPIC bench/icount.cpp -o libicount.so
//   ICOUNT_OUT=count.txt qemu-aarch64 -cpu cortex-a72 -L /usr/aarch64-linux-gnu -plugin ./libicount.so PROGRAM
//
// Needs Debian's qemu-user (qemu-user-static loads no plugins). qemu-plugin.h is not packaged, so the calls
// used are declared here. Count twice, with N and 2N repetitions, and take the difference: start-up cancels out.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#define PLUGIN_EXPORT __attribute__((visibility("default")))

extern "C" {
using qemu_plugin_id_t = std::uint64_t;
struct qemu_plugin_tb;
void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t, void (*)(qemu_plugin_id_t, qemu_plugin_tb*));
void qemu_plugin_register_vcpu_tb_exec_inline(qemu_plugin_tb*, int op, void* counter, std::uint64_t add);
std::size_t qemu_plugin_tb_n_insns(const qemu_plugin_tb*);
void qemu_plugin_register_atexit_cb(qemu_plugin_id_t, void (*)(qemu_plugin_id_t, void*), void*);

PLUGIN_EXPORT int qemu_plugin_version = 1;

static std::uint64_t executed;

static void on_block(qemu_plugin_id_t, qemu_plugin_tb* block) {
  constexpr int kAdd = 0;
  qemu_plugin_register_vcpu_tb_exec_inline(block, kAdd, &executed, qemu_plugin_tb_n_insns(block));
}

static void write_count(qemu_plugin_id_t, void*) {
  const char* path = std::getenv("ICOUNT_OUT");
  std::FILE* out = path ? std::fopen(path, "w") : stderr;
  if (out == nullptr) return;
  std::fprintf(out, "%llu\n", static_cast<unsigned long long>(executed));
  if (path) std::fclose(out);
}

PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const void*, int, char**) {
  qemu_plugin_register_vcpu_tb_trans_cb(id, on_block);
  qemu_plugin_register_atexit_cb(id, write_count, nullptr);
  return 0;
}
}
