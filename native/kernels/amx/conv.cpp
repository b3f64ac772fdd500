#include "kernels/avx512/store.h"
#include "kernels/contract.h"
#include "kernels/instruction_set_kernels.h"

namespace googlenet::kernels {

namespace {

// A tile register has 16 rows of 64 bytes. Of the input a row is a pixel; of the weights it is 16 output
// channels, with 2 bfloat16 or 4 int8 of each; of the sums it is a pixel with 16 channels.
constexpr int kRows = 16;
constexpr int kRowBytes = 64;
constexpr int kTileBytes = kRows * kRowBytes;
constexpr int kBlock = 2 * kRows;
constexpr int kMaxPixels = 2 * kRows;

struct alignas(64) TileConfig {
  uint8_t palette = 1;
  uint8_t start_row = 0;
  uint8_t reserved[14] = {};
  uint16_t row_bytes[16] = {kRowBytes, kRowBytes, kRowBytes, kRowBytes,
                            kRowBytes, kRowBytes, kRowBytes, kRowBytes};
  uint8_t rows[16] = {kRows, kRows, kRows, kRows, kRows, kRows, kRows, kRows};
};

void begin_thread() {
  static constexpr TileConfig kConfig;
  _tile_loadconfig(&kConfig);
}

void end_thread() {
  _tile_release();
}

// Tile registers 0 to 3 hold sums, [pixels][channels], 4 and 5 pixels, 6 and 7 weights. The numbers of
// registers are part of the instructions: template parameters that are passed on as literals, since the
// intrinsics of GCC 12 are macros that want those.
template <DType kInput, int kSums, int kPixels, int kWeights>
ALWAYS_INLINE void multiply() {
  static_assert(kSums == (kPixels - 4) * 2 + (kWeights - 6));
  if constexpr (kInput == DType::kBfloat16) {
    if constexpr (kSums == 0) _tile_dpbf16ps(0, 4, 6);
    if constexpr (kSums == 1) _tile_dpbf16ps(1, 4, 7);
    if constexpr (kSums == 2) _tile_dpbf16ps(2, 5, 6);
    if constexpr (kSums == 3) _tile_dpbf16ps(3, 5, 7);
  } else {
    if constexpr (kSums == 0) _tile_dpbusd(0, 4, 6);
    if constexpr (kSums == 1) _tile_dpbusd(1, 4, 7);
    if constexpr (kSums == 2) _tile_dpbusd(2, 5, 6);
    if constexpr (kSums == 3) _tile_dpbusd(3, 5, 7);
  }
}

// Weights that are prefetched into the second-level cache meanwhile: some lines each chunk.
struct Prefetch {
  const std::byte* next;
  int lines;
};

template <DType kInput>
ALWAYS_INLINE __m512 load_sums(const std::byte* sums) {
  if constexpr (kInput == DType::kBfloat16) return _mm512_load_ps(sums);
  return _mm512_cvtepi32_ps(_mm512_load_si512(sums));
}

// Sums of a row tile that are not yet values of the output. They become so while the next row tile is
// multiplied: a core does both at the same time if the instructions stand close together.
template <DType kInput, DType kOutput>
struct PendingStore {
  const std::byte* sums;
  std::byte* output;
  int64_t output_stride;
  uint32_t mask = 0;  // pixels left, as in RowTile
  bool is_wide;       // two tiles of channels
  Epilogue low, high;

  ALWAYS_INLINE void store_some(int pixels) {
    for (; pixels > 0 && mask != 0; --pixels, mask &= mask - 1) {
      const int pixel = __builtin_ctz(mask);
      const std::byte* from = sums + pixel / kRows * 2 * kTileBytes + pixel % kRows * kRowBytes;
      std::byte* to = output + pixel * output_stride;
      store<kOutput>(low, load_sums<kInput>(from), to);
      if (is_wide) store<kOutput>(high, load_sums<kInput>(from + kTileBytes), to + kRows * kSizeOf<kOutput>);
    }
  }
};

// `kPixelTiles` × `kChannelTiles` tile registers of sums over whole windows, into `sums`.
template <DType kInput, DType kOutput, int kPixelTiles, int kChannelTiles>
ALWAYS_INLINE void multiply_tiles(const Convolution& conv, const std::byte* first, const std::byte* weights,
                                  Prefetch prefetch, PendingStore<kInput, kOutput>& pending,
                                  int pixels_per_chunk, std::byte* sums) {
  const int64_t stride = conv.input_stride;
  _tile_zero(0);
  if constexpr (kChannelTiles > 1) _tile_zero(1);
  if constexpr (kPixelTiles > 1) _tile_zero(2);
  if constexpr (kPixelTiles > 1 && kChannelTiles > 1) _tile_zero(3);
  for (int row = 0; row < conv.kernel_row_count; ++row) {
    const std::byte* input = first + conv.kernel_rows[row];
    for (int k = 0; k < conv.row_chunks; ++k) {
      _tile_loadd(4, input, stride);
      _tile_loadd(6, weights, kRowBytes);
      multiply<kInput, 0, 4, 6>();
      if constexpr (kChannelTiles > 1) {
        _tile_loadd(7, weights + kTileBytes, kRowBytes);
        multiply<kInput, 1, 4, 7>();
      }
      if constexpr (kPixelTiles > 1) {
        _tile_loadd(5, input + kRows * stride, stride);
        multiply<kInput, 2, 5, 6>();
        if constexpr (kChannelTiles > 1) multiply<kInput, 3, 5, 7>();
      }
      input += kRowBytes;
      weights += kChannelTiles * kTileBytes;
      for (int line = 0; line < prefetch.lines; ++line, prefetch.next += kRowBytes)
        _mm_prefetch(prefetch.next, _MM_HINT_T1);
      pending.store_some(pixels_per_chunk);
    }
  }
  _tile_stored(0, sums, kRowBytes);
  if constexpr (kChannelTiles > 1) _tile_stored(1, sums + kTileBytes, kRowBytes);
  if constexpr (kPixelTiles > 1) _tile_stored(2, sums + 2 * kTileBytes, kRowBytes);
  if constexpr (kPixelTiles > 1 && kChannelTiles > 1) _tile_stored(3, sums + 3 * kTileBytes, kRowBytes);
}

// One for the row tile whose sums are being stored, one for the row tile whose sums are being made.
struct alignas(64) SumBuffers {
  std::byte bytes[2][4 * kTileBytes];
  int turn = 0;
};

template <DType kInput, DType kOutput, int kChannelTiles>
void convolve_block(const Convolution& conv, const RowTile* tiles, int tile_count, int block, bool has_next,
                    PendingStore<kInput, kOutput>& pending, SumBuffers& buffers) {
  const int chunks = conv.kernel_row_count * conv.row_chunks;
  const int64_t block_bytes = int64_t{chunks} * kBlock / kRows * kTileBytes;
  const std::byte* weights = conv.weights + block * block_bytes;
  // Each row tile prefetches its share of the next block, or of what the caller knows to come next.
  const std::byte* next = has_next ? weights + block_bytes : conv.prefetch;
  const int64_t next_lines = next == nullptr ? 0 : (has_next ? block_bytes : conv.prefetch_bytes) / kRowBytes;
  Prefetch prefetch = {next, static_cast<int>((next_lines + int64_t{tile_count} * chunks - 1) /
                                              (int64_t{tile_count} * chunks))};
  const int pixels_per_chunk = (2 * kRows + chunks - 1) / chunks;
  const int channel = block * kBlock;
  const Epilogue low(conv, channel), high(conv, channel + kRows);
  for (const RowTile* tile = tiles; tile < tiles + tile_count; ++tile) {
    const std::byte* first = conv.input + tile->input * conv.input_stride;
    std::byte* sums = buffers.bytes[buffers.turn];
    buffers.turn ^= 1;
    if (tile->count > kRows) {
      multiply_tiles<kInput, kOutput, 2, kChannelTiles>(conv, first, weights, prefetch, pending,
                                                        pixels_per_chunk, sums);
    } else {
      multiply_tiles<kInput, kOutput, 1, kChannelTiles>(conv, first, weights, prefetch, pending,
                                                        pixels_per_chunk, sums);
    }
    prefetch.next += int64_t{chunks} * prefetch.lines * kRowBytes;
    std::byte* output = conv.output + tile->output * conv.output_stride + channel * kSizeOf<kOutput>;
    pending = {sums, output, conv.output_stride, tile->mask, kChannelTiles > 1, low, high};
  }
}

template <DType kInput, DType kOutput, const ConvKernel& kKernel>
void convolve(const Convolution& conv, const RowTile* tiles, int tile_count, int first_block,
              int last_block) {
  KERNEL_REQUIRES(keeps_contract(kKernel, conv, tiles, tile_count, first_block, last_block));
  PendingStore<kInput, kOutput> pending = {};
  SumBuffers buffers;
  for (int block = first_block; block < last_block; ++block) {
    const bool has_next = block + 1 < last_block;
    if (conv.output_channels - block * kBlock > kRows) {
      convolve_block<kInput, kOutput, 2>(conv, tiles, tile_count, block, has_next, pending, buffers);
    } else {
      convolve_block<kInput, kOutput, 1>(conv, tiles, tile_count, block, has_next, pending, buffers);
    }
  }
  pending.store_some(2 * kRows);
}

// `kKernel` is the constant that this becomes.
template <DType kInput, const ConvKernel& kKernel>
constexpr ConvKernel make_kernel(const char* name) {
  constexpr int kInterleave = 4 / static_cast<int>(kSizeOf<kInput>);
  return {.name = name,
          .instruction_set = InstructionSet::kAmx,
          .is_supported = has_amx,
          .input = kInput,
          .chunk = kRowBytes / static_cast<int>(kSizeOf<kInput>),
          .interleave = kInterleave,
          .lanes = kRows,
          .block = kBlock,
          .narrow_last_block = true,
          .max_pixels = kMaxPixels,
          .takes_masks = true,
          .to = {convolve<kInput, DType::kFloat32, kKernel>, convolve<kInput, DType::kBfloat16, kKernel>,
                 convolve<kInput, DType::kUint8, kKernel>},
          .begin_thread = begin_thread,
          .end_thread = end_thread};
}

}  // namespace

constexpr ConvKernel kConvBfloat16_32x32_Amx =
    make_kernel<DType::kBfloat16, kConvBfloat16_32x32_Amx>("bfloat16 32x32 amx");
constexpr ConvKernel kConvUint8_32x32_Amx =
    make_kernel<DType::kUint8, kConvUint8_32x32_Amx>("uint8 32x32 amx");

}  // namespace googlenet::kernels
