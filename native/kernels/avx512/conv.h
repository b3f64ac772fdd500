#pragma once

#include <utility>

#include "kernels/avx512/store.h"
#include "kernels/contract.h"
#include "kernels/instruction_set_kernels.h"
#include "kernels/tuning.h"

namespace googlenet::kernels {

namespace {

// Direct convolution by vectors of 512 bits, for the sources that say for which type and with which
// instructions. In those without BF16 or VNNI the compiler knows neither.

constexpr int kLanes = 16;
constexpr int kBlock = 2 * kLanes;
constexpr int kChunkBytes = 4;  // of the input
constexpr int kLineBytes = kLanes * kChunkBytes;

template <DType kInput>
struct Sums {
  using Vector = __m512;
};
template <>
struct Sums<DType::kUint8> {
  using Vector = __m512i;
};

// Of pairs of bfloat16, each the upper half of a float32.
ALWAYS_INLINE __m512 first_of(__m512i pairs) {
  return _mm512_castsi512_ps(_mm512_slli_epi32(pairs, 16));
}

ALWAYS_INLINE __m512 second_of(__m512i pairs) {
  return _mm512_castsi512_ps(_mm512_and_si512(pairs, _mm512_set1_epi32(static_cast<int>(0xffff0000))));
}

// Adds the products of a chunk's values with their weights for 16 channels.
template <DType kInput>
ALWAYS_INLINE typename Sums<kInput>::Vector multiply_add(const std::byte* chunk, __m512i weights,
                                                         typename Sums<kInput>::Vector sums) {
  int32_t bits;
  __builtin_memcpy(&bits, chunk, sizeof(bits));
  const __m512i values = _mm512_set1_epi32(bits);
  if constexpr (kInput == DType::kFloat32) {
    return _mm512_fmadd_ps(_mm512_castsi512_ps(values), _mm512_castsi512_ps(weights), sums);
  } else if constexpr (kInput == DType::kBfloat16) {
#ifdef __AVX512BF16__
    return _mm512_dpbf16_ps(sums, (__m512bh)values, (__m512bh)weights);
#else
    sums = _mm512_fmadd_ps(first_of(values), first_of(weights), sums);
    return _mm512_fmadd_ps(second_of(values), second_of(weights), sums);
#endif
  } else {
#ifdef __AVX512VNNI__
    return _mm512_dpbusd_epi32(sums, values, weights);
#else
    static_assert(kInput != DType::kUint8, "needs VNNI");
#endif
  }
}

ALWAYS_INLINE __m512 to_float32(__m512 sums) {
  return sums;
}

ALWAYS_INLINE __m512 to_float32(__m512i sums) {
  return _mm512_cvtepi32_ps(sums);
}

// Weights that are prefetched into the second-level cache while a tile is computed: a line each chunk.
struct Prefetch {
  const std::byte* next;
  int64_t step;
};

// `kVectors` × 16 channels of `kPixels` pixels, whose sums stay in registers until they are complete.
template <DType kInput, DType kOutput, int kPixels, int kVectors>
void convolve_tile(const Convolution& conv, const RowTile& tile, const std::byte* weights,
                   int64_t block_bytes, Prefetch prefetch, int channel) {
  constexpr int kThirds = (kPixels + 2) / 3;
  const int64_t stride = conv.input_stride;
  const std::byte* first = conv.input + tile.input * stride;
  const std::byte* w0 = weights;
  const std::byte* w1 = weights + block_bytes;

  using Vector = typename Sums<kInput>::Vector;
  Vector sums[kPixels][kVectors];
#pragma GCC unroll 14
  for (int p = 0; p < kPixels; ++p) {
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) sums[p][v] = Vector{};
  }
  for (int row = 0; row < conv.kernel_row_count; ++row) {
    // A pointer for every third pixel: x86 reaches the two behind it with one register for the stride.
    const std::byte* in[kThirds];
#pragma GCC unroll 5
    for (int t = 0; t < kThirds; ++t) in[t] = first + conv.kernel_rows[row] + 3 * t * stride;
    for (int k = 0; k < conv.row_chunks; ++k) {
      __m512i w[kVectors];
#pragma GCC unroll 4
      for (int v = 0; v < kVectors; ++v) w[v] = _mm512_loadu_si512((v < 2 ? w0 : w1) + v % 2 * kLineBytes);
      w0 += 2 * kLineBytes;
      w1 += 2 * kLineBytes;
      _mm_prefetch(prefetch.next, _MM_HINT_T1);
      prefetch.next += prefetch.step;
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
  std::byte* output = conv.output + tile.output * conv.output_stride;
#pragma GCC unroll 4
  for (int v = 0; v < kVectors; ++v) {
    const int first_channel = channel + v * kLanes;
    if (first_channel >= conv.output_channels) break;
    const Epilogue epilogue(conv, first_channel);
#pragma GCC unroll 14
    for (int p = 0; p < kPixels; ++p)
      store<kOutput>(epilogue, to_float32(sums[p][v]),
                     output + p * conv.output_stride + first_channel * kSizeOf<kOutput>);
  }
}

using ConvolveTile = void (*)(const Convolution&, const RowTile&, const std::byte*, int64_t, Prefetch, int);

// convolve_tile for 1, 2, … pixels.
template <int kCount>
struct TileFunctions {
  ConvolveTile of_count[kCount];
};

template <DType kInput, DType kOutput, int kVectors, int... kBefore>
constexpr TileFunctions<sizeof...(kBefore)> tile_functions(std::integer_sequence<int, kBefore...>) {
  return {{convolve_tile<kInput, kOutput, kBefore + 1, kVectors>...}};
}

template <int kMaxPixels>
ALWAYS_INLINE bool are_short(const RowTile* tiles, int tile_count) {
  for (const RowTile* tile = tiles; tile < tiles + tile_count; ++tile)
    if (tile->count > kMaxPixels / 2) return false;
  return true;
}

template <DType kInput, DType kOutput, int kMaxPixels, const ConvKernel& kKernel>
void convolve(const Convolution& conv, const RowTile* tiles, int tile_count, int first_block,
              int last_block) {
  KERNEL_REQUIRES(keeps_contract(kKernel, conv, tiles, tile_count, first_block, last_block));
  static constexpr auto kOneBlock =
      tile_functions<kInput, kOutput, 2>(std::make_integer_sequence<int, kMaxPixels>());
  // Short tiles, as in 7×7 feature maps, would leave half of the registers empty, so two blocks share
  // them.
  static constexpr auto kTwoBlocks =
      tile_functions<kInput, kOutput, 4>(std::make_integer_sequence<int, kMaxPixels / 2>());
  const bool pairs_blocks = are_short<kMaxPixels>(tiles, tile_count);
  const int64_t chunks = int64_t{conv.kernel_row_count} * conv.row_chunks;
  const int64_t block_bytes = chunks * 2 * kLineBytes;
  for (int block = first_block; block < last_block;) {
    const int width = pairs_blocks && block + 1 < last_block ? 2 : 1;
    const std::byte* weights = conv.weights + block * block_bytes;
    // Each tile prefetches its share of what comes next: the next blocks, or what the caller knows of.
    const int next_width = min(width, last_block - block - width);
    const bool has_next = next_width > 0 || conv.prefetch != nullptr;
    const int64_t share = (next_width > 0 ? next_width * block_bytes : conv.prefetch_bytes) / tile_count;
    Prefetch prefetch = {next_width > 0 ? weights + width * block_bytes : conv.prefetch, share / chunks};
    if (!has_next) prefetch = {weights + tuning::kConvPrefetchDistance, 2 * kLineBytes};
    for (const RowTile* tile = tiles; tile < tiles + tile_count; ++tile) {
      const ConvolveTile convolve_this =
          width == 2 ? kTwoBlocks.of_count[tile->count - 1] : kOneBlock.of_count[tile->count - 1];
      convolve_this(conv, *tile, weights, block_bytes, prefetch, block * kBlock);
      if (has_next) prefetch.next += share;
    }
    block += width;
  }
}

void nothing() {}

// `kKernel` is the constant that this becomes. Convolutions of float32 have no other outputs, whatever the
// machine has.
template <DType kInput, int kMaxPixels, const ConvKernel& kKernel>
constexpr ConvKernel make_kernel(const char* name, bool (*is_supported)()) {
  constexpr int kChunk = kChunkBytes / static_cast<int>(kSizeOf<kInput>);
  ConvKernel kernel = {.name = name,
                       .instruction_set = InstructionSet::kAvx512,
                       .is_supported = is_supported,
                       .input = kInput,
                       .chunk = kChunk,
                       .interleave = kChunk,
                       .lanes = kLanes,
                       .block = kBlock,
                       .narrow_last_block = false,
                       .max_pixels = kMaxPixels,
                       .takes_masks = false,
                       .to = {convolve<kInput, DType::kFloat32, kMaxPixels, kKernel>, nullptr, nullptr},
                       .begin_thread = nothing,
                       .end_thread = nothing};
  if constexpr (kInput != DType::kFloat32) {
    kernel.to[1] = convolve<kInput, DType::kBfloat16, kMaxPixels, kKernel>;
    kernel.to[2] = convolve<kInput, DType::kUint8, kMaxPixels, kKernel>;
  }
  return kernel;
}

}  // namespace

}  // namespace googlenet::kernels
