#pragma once

#include <immintrin.h>

#include "peaks.h"

namespace {

// `multiply_add(a, b, sums)`, on as many operations of a lane of 32 bits.
template <typename MultiplyAdd>
inline __attribute__((always_inline)) double round_avx512(const uint32_t* operand, int stride,
                                                          int operations_per_lane,
                                                          const MultiplyAdd& multiply_add) {
  constexpr int kSums = 14, kRounds = 10000;
  __m512i sums[kSums], operands[kOperands];
#pragma GCC unroll 14
  for (int k = 0; k < kSums; ++k) sums[k] = _mm512_setzero_si512();
  for (int i = 0; i < kOperands; ++i) operands[i] = _mm512_load_si512(operand + i * stride);
  for (int i = 0; i < kRounds; ++i) {
#pragma GCC unroll 14
    for (int k = 0; k < kSums; ++k) {
      sums[k] = multiply_add(operands[k % 7], operands[k % 7 + 1], sums[k]);
      __asm__ volatile("" : "+v"(sums[k]));
    }
  }
  return 16.0 * operations_per_lane * kSums * kRounds;
}

}  // namespace
