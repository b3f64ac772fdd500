#include "kernels/peak.h"

#ifdef __x86_64__
#include <algorithm>
#include <chrono>
#include <vector>

#include "kernels/conv_tiers.h"
#include "kernels/store_avx512.h"

namespace googlenet::kernels {

namespace {

#define FOR_TILES __attribute__((target("avx512f,amx-tile,amx-bf16,amx-int8")))

// Each round keeps as many sums as the latency of an instruction needs, and returns its operations. The
// numbers that are multiplied differ from instruction to instruction, as they do in a picture: a core that
// multiplies ones or zeros needs less power, and runs faster.
constexpr int kOperands = 8;

// Finite as any of the numbers.
struct alignas(64) Noise {
  uint32_t floats[kOperands][16];
  uint32_t pairs[kOperands][256];  // of bfloat16, or four bytes

  Noise() {
    uint32_t state = 1;
    const auto next = [&state](uint32_t fixed, uint32_t drawn) {
      state = state * 1664525 + 1013904223;
      return fixed | ((state ^ state >> 16) & drawn);
    };
    // Of either sign, between 2⁻⁷ and 2.
    for (auto& operand : floats)
      for (uint32_t& number : operand) number = next(0x3c000000, 0x83ffffff);
    for (auto& operand : pairs)
      for (uint32_t& pair : operand) pair = next(0x3c003c00, 0x83ff83ff);
  }
};

const Noise& noise() {
  static const Noise noise;
  return noise;
}

__attribute__((target("avx2,fma"))) double round_avx2() {
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

template <Number kNumber>
FOR_AVX512 double round_avx512() {
  constexpr int kSums = 14, kRounds = 10000;
  __m512i sums[kSums], operands[kOperands];
#pragma GCC unroll 14
  for (int k = 0; k < kSums; ++k) sums[k] = _mm512_setzero_si512();
  const bool are_floats = kNumber == Number::kFloat;
  for (int i = 0; i < kOperands; ++i)
    operands[i] = _mm512_load_si512(are_floats ? noise().floats[i] : noise().pairs[i]);
  for (int i = 0; i < kRounds; ++i) {
#pragma GCC unroll 14
    for (int k = 0; k < kSums; ++k) {
      const __m512i a = operands[k % 7], b = operands[k % 7 + 1];
      if constexpr (kNumber == Number::kByte) {
        sums[k] = _mm512_dpbusd_epi32(sums[k], a, b);
      } else if constexpr (kNumber == Number::kBfloat16) {
        sums[k] = (__m512i)_mm512_dpbf16_ps((__m512)sums[k], (__m512bh)a, (__m512bh)b);
      } else {
        sums[k] = (__m512i)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)sums[k]);
      }
      __asm__ volatile("" : "+v"(sums[k]));
    }
  }
  return 2.0 * 16 * 4 / static_cast<double>(size_of(kNumber)) * kSums * kRounds;
}

template <Number kNumber>
FOR_TILES double round_tiles() {
  constexpr int kRounds = 3000, kRowBytes = 64;
  kConvAmxBfloat16.begin();
  _tile_zero(0);
  _tile_zero(1);
  _tile_zero(2);
  _tile_zero(3);
  _tile_loadd(4, noise().pairs[4], kRowBytes);
  _tile_loadd(5, noise().pairs[5], kRowBytes);
  _tile_loadd(6, noise().pairs[6], kRowBytes);
  _tile_loadd(7, noise().pairs[7], kRowBytes);
  for (int i = 0; i < kRounds; ++i) {
    if constexpr (kNumber == Number::kBfloat16) {
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
  return 2.0 * 4 * 16 * 16 * kRowBytes / static_cast<double>(size_of(kNumber)) * kRounds;
}

double round_of(Tier tier, Number number) {
  if (tier == Tier::kAvx2) return round_avx2();
  if (tier == Tier::kAmx)
    return number == Number::kByte ? round_tiles<Number::kByte>() : round_tiles<Number::kBfloat16>();
  if (number == Number::kByte) return round_avx512<Number::kByte>();
  // Without BF16 its products are those of floats.
  return number == Number::kBfloat16 && has_avx512_bf16() ? round_avx512<Number::kBfloat16>()
                                                          : round_avx512<Number::kFloat>();
}

}  // namespace

double peak(Tier tier, Number number) {
  using Clock = std::chrono::steady_clock;
  if (conv_kernel(tier, number) == nullptr) return 0;
  // As long as a large convolution takes, so that what interrupts those interrupts these too; and often
  // enough for the clock of the core to become what these instructions leave of it.
  constexpr auto kSample = std::chrono::milliseconds(1);
  constexpr int kSamples = 100;
  std::vector<double> rates;
  for (int sample = 0; sample < kSamples; ++sample) {
    double operations = 0;
    const auto begin = Clock::now();
    while (Clock::now() - begin < kSample) operations += round_of(tier, number);
    rates.push_back(operations / std::chrono::duration<double, std::nano>(Clock::now() - begin).count());
  }
  const auto middle = rates.begin() + static_cast<std::ptrdiff_t>(rates.size() / 2);
  std::nth_element(rates.begin(), middle, rates.end());
  return *middle;
}

}  // namespace googlenet::kernels
#else
namespace googlenet::kernels {

double peak(Tier, Number) {
  return 0;
}

}  // namespace googlenet::kernels
#endif
