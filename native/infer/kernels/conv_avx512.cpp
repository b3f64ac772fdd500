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
constexpr int kChunkBytes = 4;  // of the input
constexpr int kLineBytes = kLanes * kChunkBytes;
constexpr int kLongest = 14;  // pixels; with two vectors each they fill 28 of 32 registers

template <Number kInput>
struct Sums {
  using Vector = __m512;
};
template <>
struct Sums<Number::kByte> {
  using Vector = __m512i;
};

// Numbers of a chunk, with the weights of each for 16 channels.
template <Number kInput>
INLINED_AVX512 typename Sums<kInput>::Vector multiply_add(const std::byte* chunk, __m512i weights,
                                                          typename Sums<kInput>::Vector sums) {
  int32_t bits;
  __builtin_memcpy(&bits, chunk, sizeof(bits));
  const __m512i numbers = _mm512_set1_epi32(bits);
  if constexpr (kInput == Number::kFloat) {
    return _mm512_fmadd_ps(_mm512_castsi512_ps(numbers), _mm512_castsi512_ps(weights), sums);
  } else if constexpr (kInput == Number::kBfloat16) {
    return _mm512_dpbf16_ps(sums, (__m512bh)numbers, (__m512bh)weights);
  } else {
    return _mm512_dpbusd_epi32(sums, numbers, weights);
  }
}

INLINED_AVX512 __m512 to_floats(__m512 sums) {
  return sums;
}

INLINED_AVX512 __m512 to_floats(__m512i sums) {
  return _mm512_cvtepi32_ps(sums);
}

// Weights that are fetched into the second level of the cache while a run is computed: a line a chunk.
struct Ahead {
  const std::byte* first;
  int64_t step;
};

// `kVectors` × 16 channels of `kPixels` pixels, in registers until they are done.
template <Number kInput, Number kOutput, int kPixels, int kVectors>
FOR_AVX512 void convolve_run(const Convolution& conv, const Run& run, const std::byte* weights,
                             int64_t group_bytes, Ahead ahead, int channel) {
  constexpr int kThirds = (kPixels + 2) / 3;
  const int64_t stride = conv.input_stride;
  const std::byte* first = conv.input + run.input * stride;
  const std::byte* w0 = weights;
  const std::byte* w1 = weights + group_bytes;

  using Vector = typename Sums<kInput>::Vector;
  Vector sums[kPixels][kVectors];
#pragma GCC unroll 14
  for (int p = 0; p < kPixels; ++p) {
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) sums[p][v] = Vector{};
  }
  for (int row = 0; row < conv.row_count; ++row) {
    // Every third pixel has a pointer: x86 reaches the two behind it with one register for the stride.
    const std::byte* in[kThirds];
#pragma GCC unroll 5
    for (int t = 0; t < kThirds; ++t) in[t] = first + conv.rows[row] + 3 * t * stride;
    for (int k = 0; k < conv.row_chunks; ++k) {
      __m512i w[kVectors];
#pragma GCC unroll 4
      for (int v = 0; v < kVectors; ++v) w[v] = _mm512_loadu_si512((v < 2 ? w0 : w1) + v % 2 * kLineBytes);
      w0 += 2 * kLineBytes;
      w1 += 2 * kLineBytes;
      _mm_prefetch(ahead.first, _MM_HINT_T1);
      ahead.first += ahead.step;
#pragma GCC unroll 14
      for (int p = 0; p < kPixels; ++p) {
        const std::byte* x = in[p / 3] + p % 3 * stride;
#pragma GCC unroll 4
        for (int v = 0; v < kVectors; ++v) sums[p][v] = multiply_add<kInput>(x, w[v], sums[p][v]);
      }
#pragma GCC unroll 5
      for (int t = 0; t < kThirds; ++t) in[t] += kChunkBytes;
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
      store<kOutput>(finish, to_floats(sums[p][v]),
                     output + p * conv.output_stride + first_channel * size_of(kOutput));
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
  const int64_t group_bytes = chunks * 2 * kLineBytes;
  for (int group = first_group; group < last_group;) {
    const int width = are_short && group + 1 < last_group ? 2 : 1;
    const std::byte* weights = conv.weights + group * group_bytes;
    // Each run fetches its share of what comes next: other groups, or what the caller knows.
    const int next_width = std::min(width, last_group - group - width);
    const bool has_next = next_width > 0 || conv.ahead != nullptr;
    const int64_t share = (next_width > 0 ? next_width * group_bytes : conv.ahead_bytes) / run_count;
    Ahead ahead = {next_width > 0 ? weights + width * group_bytes : conv.ahead, share / chunks};
    if (!has_next) ahead = {weights + kAheadBytes, 2 * kLineBytes};
    for (const Run* run = runs; run < runs + run_count; ++run) {
      const auto convolve_of = width == 2 ? two[run->count - 1] : one[run->count - 1];
      convolve_of(conv, *run, weights, group_bytes, ahead, group * kGroup);
      if (has_next) ahead.first += share;
    }
    group += width;
  }
}

void nothing() {}

using Convolve = void (*)(const Convolution&, const Run*, int, int, int);

template <Number kInput>
constexpr ConvKernel kernel_of(bool (*runs_here)(), Convolve to_float, Convolve to_bfloat16,
                               Convolve to_byte) {
  constexpr int kStep = kChunkBytes / static_cast<int>(size_of(kInput));
  return {.tier = Tier::kAvx512,
          .runs_here = runs_here,
          .input = kInput,
          .step = kStep,
          .interleave = kStep,
          .lanes = kLanes,
          .group = kGroup,
          .narrows = false,
          .longest = kLongest,
          .masks = false,
          .to = {to_float, to_bfloat16, to_byte},
          .begin = nothing,
          .end = nothing};
}

template <Number kInput>
constexpr ConvKernel kernel_to_all(bool (*runs_here)()) {
  return kernel_of<kInput>(runs_here, convolve<kInput, Number::kFloat>, convolve<kInput, Number::kBfloat16>,
                           convolve<kInput, Number::kByte>);
}

}  // namespace

// Networks of floats have nothing else, and so run where there is no BF16.
const ConvKernel kConvAvx512Float =
    kernel_of<Number::kFloat>(has_avx512, convolve<Number::kFloat, Number::kFloat>, nullptr, nullptr);
const ConvKernel kConvAvx512Bfloat16 = kernel_to_all<Number::kBfloat16>(has_avx512_bf16);
const ConvKernel kConvAvx512Byte = kernel_to_all<Number::kByte>(has_avx512_vnni);

}  // namespace googlenet::kernels
#endif
