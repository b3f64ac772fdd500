#pragma once

#include <cstdint>

namespace googlenet::kernels {

// Groups of instructions that there are kernels for.
enum class Tier { kAvx2, kAvx512, kAmx };

constexpr const char* name_of(Tier tier) {
  return tier == Tier::kAmx ? "amx" : tier == Tier::kAvx512 ? "avx512" : "avx2";
}

// Whether this machine has these instructions and the system lets us use them.
bool has_avx2();
bool has_avx512();       // F, BW, DQ and VL
bool has_avx512_bf16();  // and BF16: products of bfloat16
bool has_avx512_vnni();  // and VNNI: products of bytes
bool has_amx();

// Bytes of the second level of a core's cache; what is usual where the system does not say.
int64_t second_level_bytes();

}  // namespace googlenet::kernels
