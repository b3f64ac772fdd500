#pragma once

namespace googlenet::kernels {

// Groups of instructions that there are kernels for.
enum class Tier { kAvx2, kAvx512, kAmx };

// Whether this machine has them and the system lets us use them. AVX-512 here includes BF16.
bool is_available(Tier tier);

constexpr const char* name_of(Tier tier) {
  return tier == Tier::kAmx ? "amx" : tier == Tier::kAvx512 ? "avx512" : "avx2";
}

}  // namespace googlenet::kernels
