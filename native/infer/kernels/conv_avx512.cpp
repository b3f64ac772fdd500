#include <algorithm>
#include <array>
#include <utility>

#include "infer/kernels/conv_tiers.h"
#include "infer/kernels/store_avx512.h"

#ifdef __x86_64__
namespace googlenet::kernels {

namespace {

constexpr int kLanes = 16;
constexpr int kGroup = 2 * kLanes;
constexpr int kLongest = 14;  // pixels; with two vectors each they fill 28 of 32 registers

INLINED_AVX512 __m512 multiply_add(const float* input, __m512 weights, __m512 sum) {
  return _mm512_fmadd_ps(_mm512_set1_ps(*input), weights, sum);
}

// Two neighbouring numbers, with the weights of both for 16 channels.
INLINED_AVX512 __m512 multiply_add(const uint16_t* input, __m512 weights, __m512 sum) {
  int32_t pair;
  __builtin_memcpy(&pair, input, sizeof(pair));
  return _mm512_dpbf16_ps(sum, (__m512bh)_mm512_castps_si512(weights), (__m512bh)_mm512_set1_epi32(pair));
}

template <Number kNumber>
struct Element;
template <>
struct Element<Number::kFloat> {
  using Type = float;
  static constexpr int kStep = 1;
};
template <>
struct Element<Number::kBfloat16> {
  using Type = uint16_t;
  static constexpr int kStep = 2;
};

// Weights that are fetched into the second level of the cache while a run is computed: a line a chunk.
struct Ahead {
  const std::byte* first;
  int64_t step;
};

// `kVectors` × 16 channels of `kPixels` pixels, in registers until they are done.
template <Number kInput, Number kOutput, int kPixels, int kVectors>
FOR_AVX512 void convolve_run(const Convolution& conv, const Run& run, const std::byte* weights,
                             int64_t group_bytes, Ahead ahead, int channel) {
  using Input = typename Element<kInput>::Type;
  constexpr int kStep = Element<kInput>::kStep;
  constexpr int kThirds = (kPixels + 2) / 3;
  const int64_t stride = conv.input_stride;
  const std::byte* first = conv.input + run.input * stride;
  const auto* w0 = reinterpret_cast<const float*>(weights);
  const auto* w1 = reinterpret_cast<const float*>(weights + group_bytes);

  __m512 sums[kPixels][kVectors];
#pragma GCC unroll 14
  for (int p = 0; p < kPixels; ++p) {
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) sums[p][v] = _mm512_setzero_ps();
  }
  for (int row = 0; row < conv.row_count; ++row) {
    // Every third pixel has a pointer: x86 reaches the two behind it with one register for the stride.
    const std::byte* in[kThirds];
#pragma GCC unroll 5
    for (int t = 0; t < kThirds; ++t) in[t] = first + conv.rows[row] + 3 * t * stride;
    for (int k = 0; k < conv.row_chunks; ++k) {
      __m512 w[kVectors];
#pragma GCC unroll 4
      for (int v = 0; v < kVectors; ++v) w[v] = _mm512_loadu_ps((v < 2 ? w0 : w1) + v % 2 * kLanes);
      w0 += kGroup;
      w1 += kGroup;
      _mm_prefetch(ahead.first, _MM_HINT_T1);
      ahead.first += ahead.step;
#pragma GCC unroll 14
      for (int p = 0; p < kPixels; ++p) {
        const auto* x = reinterpret_cast<const Input*>(in[p / 3] + p % 3 * stride);
#pragma GCC unroll 4
        for (int v = 0; v < kVectors; ++v) sums[p][v] = multiply_add(x, w[v], sums[p][v]);
      }
#pragma GCC unroll 5
      for (int t = 0; t < kThirds; ++t) in[t] += kStep * sizeof(Input);
    }
  }
  std::byte* output = conv.output + run.output * conv.output_stride;
#pragma GCC unroll 4
  for (int v = 0; v < kVectors; ++v) {
    const int first_channel = channel + v * kLanes;
    if (first_channel >= conv.outputs) break;
    const Finish finish = finish_of(conv, first_channel);
#pragma GCC unroll 14
    for (int p = 0; p < kPixels; ++p)
      store<kOutput>(finish, sums[p][v], output + p * conv.output_stride + first_channel * size_of(kOutput));
  }
}

using ConvolveRun = void (*)(const Convolution&, const Run&, const std::byte*, int64_t, Ahead, int);

template <Number kInput, Number kOutput, int kVectors, int... kBefore>
constexpr std::array<ConvolveRun, sizeof...(kBefore)> runs_of(std::integer_sequence<int, kBefore...>) {
  return {convolve_run<kInput, kOutput, kBefore + 1, kVectors>...};
}

// As far ahead in the weights that are being read as takes about as long as a line takes to come.
constexpr int64_t kAheadBytes = 4096;

template <Number kInput, Number kOutput>
void convolve(const Convolution& conv, const Run* runs, int run_count, int first_group, int last_group) {
  static constexpr auto one = runs_of<kInput, kOutput, 2>(std::make_integer_sequence<int, kLongest>());
  // Short runs, as on maps of 7×7, would leave half of the registers empty.
  static constexpr auto two = runs_of<kInput, kOutput, 4>(std::make_integer_sequence<int, kLongest / 2>());
  const bool are_short =
      std::all_of(runs, runs + run_count, [](const Run& run) { return run.count <= kLongest / 2; });
  const int64_t chunks = int64_t{conv.row_count} * conv.row_chunks;
  const int64_t group_bytes = chunks * kGroup * static_cast<int64_t>(sizeof(float));
  for (int group = first_group; group < last_group;) {
    const int width = are_short && group + 1 < last_group ? 2 : 1;
    const std::byte* weights = conv.weights + group * group_bytes;
    // Each run fetches its share of what comes next: other groups, or what the caller knows.
    const int next_width = std::min(width, last_group - group - width);
    const bool has_next = next_width > 0 || conv.ahead != nullptr;
    const int64_t share = (next_width > 0 ? next_width * group_bytes : conv.ahead_bytes) / run_count;
    Ahead ahead = {next_width > 0 ? weights + width * group_bytes : conv.ahead, share / chunks};
    if (!has_next) ahead = {weights + kAheadBytes, kGroup * sizeof(float)};
    for (const Run* run = runs; run < runs + run_count; ++run) {
      const auto convolve_of = width == 2 ? two[run->count - 1] : one[run->count - 1];
      convolve_of(conv, *run, weights, group_bytes, ahead, group * kGroup);
      if (has_next) ahead.first += share;
    }
    group += width;
  }
}

void nothing() {}

template <Number kInput>
constexpr ConvKernel kernel_of() {
  constexpr int kStep = Element<kInput>::kStep;
  return {.tier = Tier::kAvx512,
          .input = kInput,
          .step = kStep,
          .interleave = kStep,
          .lanes = kLanes,
          .group = kGroup,
          .narrows = false,
          .longest = kLongest,
          .masks = false,
          .to = {convolve<kInput, Number::kFloat>, convolve<kInput, Number::kBfloat16>,
                 convolve<kInput, Number::kByte>},
          .begin = nothing,
          .end = nothing};
}

}  // namespace

const ConvKernel kConvAvx512Float = kernel_of<Number::kFloat>();
const ConvKernel kConvAvx512Bfloat16 = kernel_of<Number::kBfloat16>();

}  // namespace googlenet::kernels
#endif
