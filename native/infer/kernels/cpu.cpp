#include "infer/kernels/cpu.h"

#ifdef __x86_64__
#include <cpuid.h>

#ifdef __linux__
#include <sys/syscall.h>
#include <unistd.h>
#endif
#endif

namespace googlenet::kernels {

#ifdef __x86_64__
namespace {

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

bool has_avx2() {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

// __builtin_cpu_supports also asks whether the system saves the registers.
bool has_avx512() {
  const bool has_base = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  return has_avx2() && has_base && has_bit(cpuid(7, 1).eax, 5);  // AVX512_BF16
}

// Linux gives the tiles' registers, 8 KB a thread, to processes that ask for them.
bool may_use_tiles() {
#ifdef __linux__
  constexpr long kRequestPermission = 0x1023;  // ARCH_REQ_XCOMP_PERM
  constexpr long kTileData = 18;               // XFEATURE_XTILEDATA
  return syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
#else
  return false;
#endif
}

bool has_amx() {
  const unsigned edx = cpuid(7, 0).edx;
  const bool has_tiles = has_bit(edx, 22) && has_bit(edx, 24) && has_bit(edx, 25);  // BF16, TILE, INT8
  return has_avx512() && has_tiles && may_use_tiles();
}

}  // namespace

bool is_available(Tier tier) {
  static const bool avx2 = has_avx2(), avx512 = has_avx512(), amx = has_amx();
  return tier == Tier::kAmx ? amx : tier == Tier::kAvx512 ? avx512 : avx2;
}
#else
bool is_available(Tier) {
  return false;
}
#endif

}  // namespace googlenet::kernels
