#pragma once

#include <immintrin.h>

// GCC 12 takes the undefined operands of its own intrinsics for ours.
#ifndef __clang__
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#pragma GCC diagnostic ignored "-Wuninitialized"

#include "kernels/convolution.h"
#include "kernels/local.h"

namespace googlenet::kernels {

namespace {

// What sums of 16 channels of a pixel become on their way to the output: sums × scale + bias, ReLU.
struct Epilogue {
  __m512 scale;
  __m512 bias;
  __m512 floor;     // zero under a ReLU, else −∞
  __mmask16 lanes;  // channels that exist

  ALWAYS_INLINE Epilogue() = default;
  ALWAYS_INLINE Epilogue(const Convolution& conv, int channel)
      : lanes(static_cast<__mmask16>((1u << clamp(conv.output_channels - channel, 0, 16)) - 1)) {
    scale = conv.scale == nullptr ? _mm512_set1_ps(1) : _mm512_maskz_loadu_ps(lanes, conv.scale + channel);
    bias = _mm512_maskz_loadu_ps(lanes, conv.bias + channel);
    floor = _mm512_set1_ps(conv.relu ? 0.f : -__builtin_inff());
  }
};

// to_bfloat16() of core/bfloat16.h for 16 values; with BF16 one instruction does the same, except for
// denormal values, which it takes for zero.
ALWAYS_INLINE __m256i to_bfloat16(__m512 values) {
#ifdef __AVX512BF16__
  return (__m256i)_mm512_cvtneps_pbh(values);
#else
  const __m512i bits = _mm512_castps_si512(values);
  const __m512i odd = _mm512_and_si512(_mm512_srli_epi32(bits, 16), _mm512_set1_epi32(1));
  const __m512i nearest = _mm512_add_epi32(bits, _mm512_add_epi32(odd, _mm512_set1_epi32(0x7fff)));
  const __mmask16 are_nan = _mm512_cmp_ps_mask(values, values, _CMP_UNORD_Q);
  const __m512i quiet = _mm512_mask_mov_epi32(nearest, are_nan, _mm512_set1_epi32(0x7fc00000));
  return _mm512_cvtepi32_epi16(_mm512_srli_epi32(quiet, 16));
#endif
}

template <DType kOutput>
ALWAYS_INLINE void store(const Epilogue& epilogue, __m512 sums, std::byte* output) {
  // The order of the operands keeps NaN: vmaxps returns the second one if either is NaN.
  const __m512 values = _mm512_max_ps(epilogue.floor, _mm512_fmadd_ps(sums, epilogue.scale, epilogue.bias));
  if constexpr (kOutput == DType::kFloat32) {
    _mm512_mask_storeu_ps(output, epilogue.lanes, values);
  } else if constexpr (kOutput == DType::kBfloat16) {
    _mm256_mask_storeu_epi16(output, epilogue.lanes, to_bfloat16(values));
  } else {
    // Rounds to the nearest, ties to even; saturates at 255.
    const __m512i integers = _mm512_cvtps_epi32(_mm512_max_ps(values, _mm512_setzero_ps()));
    _mm_mask_storeu_epi8(output, epilogue.lanes, _mm512_cvtusepi32_epi8(integers));
  }
}

}  // namespace

}  // namespace googlenet::kernels
