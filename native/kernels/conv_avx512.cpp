#include <algorithm>
#include <array>
#include <utility>

#include "kernels/conv_tiers.h"
#include "kernels/store_avx512.h"

#ifdef __x86_64__
namespace googlenet::kernels {

namespace {

constexpr int kLanes = 16;
constexpr int kGroup = 2 * kLanes;
constexpr int kChunkBytes = 4;  // of the input
constexpr int kLineBytes = kLanes * kChunkBytes;

// Pixels; with two vectors each they fill 28 of 32 registers. Without BF16, weights and input take two more.
template <Number kInput, bool kHasBf16>
constexpr int kLongest = kInput == Number::kBfloat16 && !kHasBf16 ? 12 : 14;

template <Number kInput>
struct Sums {
  using Vector = __m512;
};
template <>
struct Sums<Number::kByte> {
  using Vector = __m512i;
};

// Of pairs of bfloat16, each the upper half of a float.
INLINED_AVX512 __m512 first_of(__m512i pairs) {
  return _mm512_castsi512_ps(_mm512_slli_epi32(pairs, 16));
}

INLINED_AVX512 __m512 second_of(__m512i pairs) {
  return _mm512_castsi512_ps(_mm512_and_si512(pairs, _mm512_set1_epi32(static_cast<int>(0xffff0000))));
}

// Numbers of a chunk, with the weights of each for 16 channels.
template <Number kInput, bool kHasBf16>
INLINED_AVX512 typename Sums<kInput>::Vector multiply_add(const std::byte* chunk, __m512i weights,
                                                          typename Sums<kInput>::Vector sums) {
  int32_t bits;
  __builtin_memcpy(&bits, chunk, sizeof(bits));
  const __m512i numbers = _mm512_set1_epi32(bits);
  if constexpr (kInput == Number::kFloat) {
    return _mm512_fmadd_ps(_mm512_castsi512_ps(numbers), _mm512_castsi512_ps(weights), sums);
  } else if constexpr (kInput == Number::kBfloat16 && kHasBf16) {
    return _mm512_dpbf16_ps(sums, (__m512bh)numbers, (__m512bh)weights);
  } else if constexpr (kInput == Number::kBfloat16) {
    sums = _mm512_fmadd_ps(first_of(numbers), first_of(weights), sums);
    return _mm512_fmadd_ps(second_of(numbers), second_of(weights), sums);
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
template <Number kInput, Number kOutput, bool kHasBf16, int kPixels, int kVectors>
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
        for (int v = 0; v < kVectors; ++v) sums[p][v] = multiply_add<kInput, kHasBf16>(x, w[v], sums[p][v]);
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
      store<kOutput, kHasBf16>(finish, to_floats(sums[p][v]),
                               output + p * conv.output_stride + first_channel * size_of(kOutput));
  }
}

using ConvolveRun = void (*)(const Convolution&, const Run&, const std::byte*, int64_t, Ahead, int);

template <Number kInput, Number kOutput, bool kHasBf16, int kVectors, int... kBefore>
constexpr std::array<ConvolveRun, sizeof...(kBefore)> runs_of(std::integer_sequence<int, kBefore...>) {
  return {convolve_run<kInput, kOutput, kHasBf16, kBefore + 1, kVectors>...};
}

// As far ahead in the weights that are being read as takes about as long as a line takes to come.
constexpr int64_t kAheadBytes = 4096;

template <Number kInput, Number kOutput, bool kHasBf16>
void convolve(const Convolution& conv, const Run* runs, int run_count, int first_group, int last_group) {
  constexpr int kMost = kLongest<kInput, kHasBf16>;
  static constexpr auto one = runs_of<kInput, kOutput, kHasBf16, 2>(std::make_integer_sequence<int, kMost>());
  // Short runs, as on maps of 7×7, would leave half of the registers empty.
  static constexpr auto two =
      runs_of<kInput, kOutput, kHasBf16, 4>(std::make_integer_sequence<int, kMost / 2>());
  const bool are_short =
      std::all_of(runs, runs + run_count, [](const Run& run) { return run.count <= kMost / 2; });
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

// Floats only become floats, whatever the machine has.
template <Number kInput, Number kOutput, bool kHasBf16>
constexpr Convolve convolve_to() {
  if constexpr (kInput == Number::kFloat && kOutput != Number::kFloat)
    return nullptr;
  else
    return convolve<kInput, kOutput, kHasBf16>;
}

template <Number kInput, bool kHasBf16>
constexpr ConvKernel kernel_of(bool (*runs_here)()) {
  constexpr int kStep = kChunkBytes / static_cast<int>(size_of(kInput));
  return {.tier = Tier::kAvx512,
          .runs_here = runs_here,
          .input = kInput,
          .step = kStep,
          .interleave = kStep,
          .lanes = kLanes,
          .group = kGroup,
          .narrows = false,
          .longest = kLongest<kInput, kHasBf16>,
          .masks = false,
          .to = {convolve_to<kInput, Number::kFloat, kHasBf16>(),
                 convolve_to<kInput, Number::kBfloat16, kHasBf16>(),
                 convolve_to<kInput, Number::kByte, kHasBf16>()},
          .begin = nothing,
          .end = nothing};
}

bool has_bf16_and_vnni() {
  return has_avx512_bf16() && has_avx512_vnni();
}

}  // namespace

const ConvKernel kConvAvx512Float = kernel_of<Number::kFloat, false>(has_avx512);
const ConvKernel kConvAvx512Bfloat16 = kernel_of<Number::kBfloat16, true>(has_avx512_bf16);
const ConvKernel kConvAvx512Byte = kernel_of<Number::kByte, true>(has_bf16_and_vnni);
const ConvKernel kConvAvx512Bfloat16ByFloats = kernel_of<Number::kBfloat16, false>(has_avx512);
const ConvKernel kConvAvx512ByteWithoutBf16 = kernel_of<Number::kByte, false>(has_avx512_vnni);

}  // namespace googlenet::kernels
#endif
