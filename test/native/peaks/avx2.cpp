#ifdef __x86_64__
#include <immintrin.h>

#include "peaks.h"

double round_float32_avx2() {
  constexpr int kSums = 10, kRounds = 10000;
  __m256 sums[kSums], operands[4];
#pragma GCC unroll 10
  for (int k = 0; k < kSums; ++k) sums[k] = _mm256_setzero_ps();
  for (int i = 0; i < 4; ++i) operands[i] = _mm256_load_ps(reinterpret_cast<const float*>(noise().floats[i]));
  for (int i = 0; i < kRounds; ++i) {
#pragma GCC unroll 10
    for (int k = 0; k < kSums; ++k) {
      sums[k] = _mm256_fmadd_ps(operands[k % 3], operands[k % 3 + 1], sums[k]);
      __asm__ volatile("" : "+x"(sums[k]));
    }
  }
  return 2.0 * 8 * kSums * kRounds;
}
#endif
