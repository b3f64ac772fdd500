#pragma once

#ifdef __x86_64__
#include <immintrin.h>

// GCC 12 takes the undefined operands of its own intrinsics for ours.
#ifndef __clang__
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#pragma GCC diagnostic ignored "-Wuninitialized"

#include <algorithm>

#include "kernels/conv.h"

// One list for all, since only functions with the same list are inlined into each other. Compilers use BF16
// and VNNI only where told to by their intrinsics, so that what has none of these runs on machines without.
#define FOR_AVX512 \
  __attribute__((target("avx2,fma,avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx512vnni")))
#define INLINED_AVX512 inline __attribute__((always_inline)) FOR_AVX512

namespace googlenet::kernels {

// The first `count` of 16 lanes.
inline uint16_t first_lanes(int count) {
  return static_cast<uint16_t>((1u << std::clamp(count, 0, 16)) - 1);
}

// What is added to 16 sums of a pixel, and how they become numbers of the output.
struct Finish {
  __m512 scale;
  __m512 bias;
  __m512 floor;  // zero under a ReLU
  __mmask16 lanes;
};

INLINED_AVX512 Finish finish_of(const Convolution& conv, int channel) {
  Finish finish;
  finish.lanes = first_lanes(conv.outputs - channel);
  finish.scale =
      conv.scale == nullptr ? _mm512_set1_ps(1) : _mm512_maskz_loadu_ps(finish.lanes, conv.scale + channel);
  finish.bias = _mm512_maskz_loadu_ps(finish.lanes, conv.bias + channel);
  finish.floor = _mm512_set1_ps(conv.relu ? 0.f : -__builtin_inff());
  return finish;
}

// The nearest, ties to even, of finite numbers and infinity; NaN stays NaN.
template <bool kHasBf16>
INLINED_AVX512 __m256i to_bfloat16(__m512 numbers) {
  if constexpr (kHasBf16) {
    return (__m256i)_mm512_cvtneps_pbh(numbers);
  } else {
    const __m512i bits = _mm512_castps_si512(numbers);
    const __m512i odd = _mm512_and_si512(_mm512_srli_epi32(bits, 16), _mm512_set1_epi32(1));
    const __m512i nearest = _mm512_add_epi32(bits, _mm512_add_epi32(odd, _mm512_set1_epi32(0x7fff)));
    const __mmask16 are_nan = _mm512_cmp_ps_mask(numbers, numbers, _CMP_UNORD_Q);
    const __m512i quiet = _mm512_mask_mov_epi32(nearest, are_nan, _mm512_set1_epi32(0x7fc00000));
    return _mm512_cvtepi32_epi16(_mm512_srli_epi32(quiet, 16));
  }
}

template <Number kOutput, bool kHasBf16 = true>
INLINED_AVX512 void store(const Finish& finish, __m512 sums, std::byte* output) {
  // In this order NaNs stay: the maximum of anything and NaN is the second.
  const __m512 numbers = _mm512_max_ps(finish.floor, _mm512_fmadd_ps(sums, finish.scale, finish.bias));
  if constexpr (kOutput == Number::kFloat) {
    _mm512_mask_storeu_ps(output, finish.lanes, numbers);
  } else if constexpr (kOutput == Number::kBfloat16) {
    _mm256_mask_storeu_epi16(output, finish.lanes, to_bfloat16<kHasBf16>(numbers));
  } else {
    // Rounds to the nearest, ties to even; saturates at 255.
    const __m512i whole = _mm512_cvtps_epi32(_mm512_max_ps(numbers, _mm512_setzero_ps()));
    _mm_mask_storeu_epi8(output, finish.lanes, _mm512_cvtusepi32_epi8(whole));
  }
}

}  // namespace googlenet::kernels
#endif
