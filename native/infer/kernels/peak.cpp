#include "infer/kernels/peak.h"

#ifdef __x86_64__
#include <algorithm>
#include <chrono>

#include "infer/kernels/conv_tiers.h"
#include "infer/kernels/store_avx512.h"

namespace googlenet::kernels {

namespace {

#define FOR_TILES __attribute__((target("avx512f,amx-tile,amx-bf16,amx-int8")))

// Each keeps as many sums as the latency of an instruction needs, and returns the operations of a round.

__attribute__((target("avx2,fma"))) double round_avx2() {
  constexpr int kSums = 10, kRounds = 10000;
  __m256 sums[kSums];
#pragma GCC unroll 10
  for (int k = 0; k < kSums; ++k) sums[k] = _mm256_setzero_ps();
  const __m256 one = _mm256_set1_ps(1);
  for (int i = 0; i < kRounds; ++i) {
#pragma GCC unroll 10
    for (int k = 0; k < kSums; ++k) {
      sums[k] = _mm256_fmadd_ps(one, one, sums[k]);
      __asm__ volatile("" : "+x"(sums[k]));
    }
  }
  return 2.0 * 8 * kSums * kRounds;
}

FOR_AVX512 double round_avx512() {
  constexpr int kSums = 16, kRounds = 10000;
  __m512 sums[kSums];
#pragma GCC unroll 16
  for (int k = 0; k < kSums; ++k) sums[k] = _mm512_setzero_ps();
  const __m512 one = _mm512_set1_ps(1);
  for (int i = 0; i < kRounds; ++i) {
#pragma GCC unroll 16
    for (int k = 0; k < kSums; ++k) {
      sums[k] = _mm512_fmadd_ps(one, one, sums[k]);
      __asm__ volatile("" : "+v"(sums[k]));
    }
  }
  return 2.0 * 16 * kSums * kRounds;
}

FOR_AVX512 double round_avx512_halves() {
  constexpr int kSums = 16, kRounds = 10000;
  __m512 sums[kSums];
#pragma GCC unroll 16
  for (int k = 0; k < kSums; ++k) sums[k] = _mm512_setzero_ps();
  const auto halves = (__m512bh)_mm512_castps_si512(_mm512_set1_ps(1));
  for (int i = 0; i < kRounds; ++i) {
#pragma GCC unroll 16
    for (int k = 0; k < kSums; ++k) {
      sums[k] = _mm512_dpbf16_ps(sums[k], halves, halves);
      __asm__ volatile("" : "+v"(sums[k]));
    }
  }
  return 2.0 * 16 * 2 * kSums * kRounds;
}

FOR_TILES double round_tiles(Number number) {
  constexpr int kRounds = 3000;
  kConvAmxBfloat16.begin();
  _tile_zero(0);
  _tile_zero(1);
  _tile_zero(2);
  _tile_zero(3);
  _tile_zero(4);
  _tile_zero(5);
  _tile_zero(6);
  _tile_zero(7);
  for (int i = 0; i < kRounds; ++i) {
    if (number == Number::kBfloat16) {
      _tile_dpbf16ps(0, 4, 6);
      _tile_dpbf16ps(1, 4, 7);
      _tile_dpbf16ps(2, 5, 6);
      _tile_dpbf16ps(3, 5, 7);
    } else {
      _tile_dpbusd(0, 4, 6);
      _tile_dpbusd(1, 4, 7);
      _tile_dpbusd(2, 5, 6);
      _tile_dpbusd(3, 5, 7);
    }
  }
  kConvAmxBfloat16.end();
  return 2.0 * 4 * 16 * 16 * 64 / static_cast<double>(size_of(number)) * kRounds;
}

}  // namespace

double peak(Tier tier, Number number) {
  if (!is_available(tier) || conv_kernel(tier, number) == nullptr) return 0;
  double most = 0;
  for (int repeat = 0; repeat < 20; ++repeat) {
    const auto begin = std::chrono::steady_clock::now();
    const double operations = tier == Tier::kAvx2           ? round_avx2()
                              : tier == Tier::kAmx          ? round_tiles(number)
                              : number == Number::kBfloat16 ? round_avx512_halves()
                                                            : round_avx512();
    const std::chrono::duration<double, std::nano> time = std::chrono::steady_clock::now() - begin;
    most = std::max(most, operations / time.count());
  }
  return most;
}

}  // namespace googlenet::kernels
#else
namespace googlenet::kernels {

double peak(Tier, Number) {
  return 0;
}

}  // namespace googlenet::kernels
#endif
