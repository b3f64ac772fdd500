#include <algorithm>
#include <array>

#include "kernels/conv_tiers.h"

#ifdef __x86_64__
#include <immintrin.h>

#define FOR_AVX2 __attribute__((target("avx2,fma")))

namespace googlenet::kernels {

namespace {

constexpr int kLanes = 8;
constexpr int kGroup = 2 * kLanes;
constexpr int kLongest = 6;  // pixels; with two vectors each they fill 12 of 16 registers

// Two vectors of channels of `kPixels` pixels, in registers until they are done.
template <int kPixels>
FOR_AVX2 void convolve_run(const Convolution& conv, const Run& run, const float* weights, int channel) {
  const int64_t stride = conv.input_stride;
  const std::byte* first = conv.input + run.input * stride;
  __m256 sums[kPixels][2];
#pragma GCC unroll 6
  for (int p = 0; p < kPixels; ++p) sums[p][0] = sums[p][1] = _mm256_setzero_ps();
  for (int row = 0; row < conv.row_count; ++row) {
    const std::byte* in[2] = {first + conv.rows[row], first + conv.rows[row] + 3 * stride};
    for (int k = 0; k < conv.row_chunks; ++k) {
      const __m256 w0 = _mm256_loadu_ps(weights), w1 = _mm256_loadu_ps(weights + kLanes);
      weights += kGroup;
#pragma GCC unroll 6
      for (int p = 0; p < kPixels; ++p) {
        const __m256 x = _mm256_broadcast_ss(reinterpret_cast<const float*>(in[p / 3] + p % 3 * stride));
        sums[p][0] = _mm256_fmadd_ps(x, w0, sums[p][0]);
        sums[p][1] = _mm256_fmadd_ps(x, w1, sums[p][1]);
      }
      in[0] += sizeof(float);
      in[1] += sizeof(float);
    }
  }
  // Stored through a buffer where the channels end within a vector.
  const int channels = std::min(kGroup, conv.outputs - channel);
  alignas(32) float bias[kGroup] = {};
  std::copy_n(conv.bias + channel, channels, bias);
  const __m256 floor = _mm256_set1_ps(conv.relu ? 0.f : -__builtin_inff());
#pragma GCC unroll 6
  for (int p = 0; p < kPixels; ++p) {
    auto* out = reinterpret_cast<float*>(conv.output + (run.output + p) * conv.output_stride) + channel;
    // In this order NaNs stay: the maximum of anything and NaN is the second.
    const __m256 low = _mm256_max_ps(floor, _mm256_add_ps(sums[p][0], _mm256_load_ps(bias)));
    const __m256 high = _mm256_max_ps(floor, _mm256_add_ps(sums[p][1], _mm256_load_ps(bias + kLanes)));
    if (channels == kGroup) {
      _mm256_storeu_ps(out, low);
      _mm256_storeu_ps(out + kLanes, high);
      continue;
    }
    alignas(32) float numbers[kGroup];
    _mm256_store_ps(numbers, low);
    _mm256_store_ps(numbers + kLanes, high);
    std::copy_n(numbers, channels, out);
  }
}

using ConvolveRun = void (*)(const Convolution&, const Run&, const float*, int);

void convolve(const Convolution& conv, const Run* runs, int run_count, int first_group, int last_group) {
  static constexpr std::array<ConvolveRun, kLongest> of_length = {
      convolve_run<1>, convolve_run<2>, convolve_run<3>, convolve_run<4>, convolve_run<5>, convolve_run<6>};
  const int64_t group_floats = int64_t{conv.row_count} * conv.row_chunks * kGroup;
  for (int group = first_group; group < last_group; ++group) {
    const float* weights = reinterpret_cast<const float*>(conv.weights) + group * group_floats;
    for (const Run* run = runs; run < runs + run_count; ++run)
      of_length[run->count - 1](conv, *run, weights, group * kGroup);
  }
}

void nothing() {}

}  // namespace

const ConvKernel kConvAvx2Float = {.tier = Tier::kAvx2,
                                   .runs_here = has_avx2,
                                   .input = Number::kFloat,
                                   .step = 1,
                                   .interleave = 1,
                                   .lanes = kLanes,
                                   .group = kGroup,
                                   .narrows = false,
                                   .longest = kLongest,
                                   .masks = false,
                                   .to = {convolve, nullptr, nullptr},
                                   .begin = nothing,
                                   .end = nothing};

}  // namespace googlenet::kernels
#endif
