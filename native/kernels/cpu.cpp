#include "kernels/cpu.h"

#include <unistd.h>

#ifdef __x86_64__
#include <cpuid.h>

#ifdef __linux__
#include <sys/syscall.h>
#endif
#endif

namespace googlenet::kernels {

namespace {

struct Features {
  bool avx2 = false, avx512 = false, avx512_vnni = false, avx512_bf16 = false;
};

#ifdef __x86_64__
struct Registers {
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
};

Registers cpuid(unsigned leaf, unsigned subleaf) {
  Registers r;
  __get_cpuid_count(leaf, subleaf, &r.eax, &r.ebx, &r.ecx, &r.edx);
  return r;
}

constexpr bool has_bit(unsigned bits, int bit) {
  return (bits >> bit & 1) != 0;
}

Features find_features() {
  Features has;
  // __builtin_cpu_supports also asks whether the system saves the registers.
  has.avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  has.avx512 = has.avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
               __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  has.avx512_vnni = has.avx512 && __builtin_cpu_supports("avx512vnni");
  has.avx512_bf16 = has.avx512_vnni && has_bit(cpuid(7, 1).eax, 5);
  return has;
}

// Linux gives the registers of tiles, 8 KB a thread, to processes that ask for them.
bool request_tiles() {
#ifdef __linux__
  constexpr long kRequestPermission = 0x1023;  // ARCH_REQ_XCOMP_PERM
  constexpr long kTileData = 18;               // XFEATURE_XTILEDATA
  return syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
#else
  return false;
#endif
}

bool find_amx() {
  const unsigned edx = cpuid(7, 0).edx;
  const bool has_tiles = has_bit(edx, 22) && has_bit(edx, 24) && has_bit(edx, 25);  // BF16, TILE, INT8
  return has_avx512_bf16() && has_tiles && request_tiles();
}
#else
Features find_features() {
  return {};
}

bool find_amx() {
  return false;
}
#endif

const Features& features() {
  static const Features found = find_features();
  return found;
}

}  // namespace

bool has_avx2() {
  return features().avx2;
}

bool has_avx512() {
  return features().avx512;
}

bool has_avx512_vnni() {
  return features().avx512_vnni;
}

bool has_avx512_bf16() {
  return features().avx512_bf16;
}

bool has_amx() {
  static const bool found = find_amx();
  return found;
}

int64_t l2_cache_bytes() {
  constexpr int64_t kUsual = int64_t{1} << 20;
#ifdef _SC_LEVEL2_CACHE_SIZE
  if (const int64_t bytes = sysconf(_SC_LEVEL2_CACHE_SIZE); bytes > 0) return bytes;
#endif
  return kUsual;
}

}  // namespace googlenet::kernels
