#include "kernels/conv_tiers.h"
#include "kernels/store_avx512.h"

#ifdef __x86_64__
#define FOR_AMX          \
  __attribute__((target( \
      "avx2,fma,avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx512vnni,amx-tile,amx-bf16,amx-int8")))
#define INLINED_AMX inline __attribute__((always_inline)) FOR_AMX

namespace googlenet::kernels {

namespace {

// A tile has 16 rows of 64 bytes. Of the input a row is a pixel; of the weights 16 output channels, with 2
// bfloat16 or 4 bytes of each; of the sums a pixel with 16 channels.
constexpr int kRows = 16;
constexpr int kRowBytes = 64;
constexpr int kTileBytes = kRows * kRowBytes;
constexpr int kGroup = 32;

struct alignas(64) TileConfig {
  uint8_t palette = 1;
  uint8_t start_row = 0;
  uint8_t reserved[14] = {};
  uint16_t row_bytes[16] = {kRowBytes, kRowBytes, kRowBytes, kRowBytes,
                            kRowBytes, kRowBytes, kRowBytes, kRowBytes};
  uint8_t rows[16] = {kRows, kRows, kRows, kRows, kRows, kRows, kRows, kRows};
};

FOR_AMX void begin() {
  static const TileConfig config;
  _tile_loadconfig(&config);
}

FOR_AMX void end() {
  _tile_release();
}

// Tiles 0 to 3 are sums, [pixels][channels], 4 and 5 pixels, 6 and 7 weights. Numbers of tiles are part of
// the instructions, so these are macros.
#define MULTIPLY(sum, pixels, weights)           \
  do {                                           \
    if constexpr (kInput == Number::kBfloat16) { \
      _tile_dpbf16ps(sum, pixels, weights);      \
    } else {                                     \
      _tile_dpbusd(sum, pixels, weights);        \
    }                                            \
  } while (false)

// Weights that are fetched into the second level of the cache meanwhile: some lines a chunk.
struct Ahead {
  const std::byte* first;
  int lines;
};

template <Number kInput>
INLINED_AMX __m512 load_sums(const std::byte* sums) {
  if constexpr (kInput == Number::kBfloat16) return _mm512_load_ps(sums);
  return _mm512_cvtepi32_ps(_mm512_load_si512(sums));
}

// Sums of a run that are not yet numbers of the output. They become so while the tiles of the next run are
// multiplied: a core does both at the same time, if the instructions stand close together.
template <Number kInput, Number kOutput>
struct Unfinished {
  const std::byte* sums;
  std::byte* output;
  int64_t output_stride;
  uint32_t wanted = 0;  // pixels, as of a run
  bool is_wide;         // two tiles of channels
  Finish low, high;

  INLINED_AMX void finish(int pixels) {
    for (; pixels > 0 && wanted != 0; --pixels, wanted &= wanted - 1) {
      const int pixel = __builtin_ctz(wanted);
      const std::byte* from = sums + pixel / kRows * 2 * kTileBytes + pixel % kRows * kRowBytes;
      std::byte* to = output + pixel * output_stride;
      store<kOutput>(low, load_sums<kInput>(from), to);
      if (is_wide) store<kOutput>(high, load_sums<kInput>(from + kTileBytes), to + kRows * size_of(kOutput));
    }
  }
};

// `kPixelTiles` × `kChannelTiles` tiles of sums over whole windows, into `sums`.
template <Number kInput, Number kOutput, int kPixelTiles, int kChannelTiles>
INLINED_AMX void multiply_tiles(const Convolution& conv, const std::byte* first, const std::byte* weights,
                                Ahead ahead, Unfinished<kInput, kOutput>& unfinished, int pixels_a_chunk,
                                std::byte* sums) {
  const int64_t stride = conv.input_stride;
  _tile_zero(0);
  if constexpr (kChannelTiles > 1) _tile_zero(1);
  if constexpr (kPixelTiles > 1) _tile_zero(2);
  if constexpr (kPixelTiles > 1 && kChannelTiles > 1) _tile_zero(3);
  for (int row = 0; row < conv.row_count; ++row) {
    const std::byte* input = first + conv.rows[row];
    for (int k = 0; k < conv.row_chunks; ++k) {
      _tile_loadd(4, input, stride);
      _tile_loadd(6, weights, kRowBytes);
      MULTIPLY(0, 4, 6);
      if constexpr (kChannelTiles > 1) {
        _tile_loadd(7, weights + kTileBytes, kRowBytes);
        MULTIPLY(1, 4, 7);
      }
      if constexpr (kPixelTiles > 1) {
        _tile_loadd(5, input + kRows * stride, stride);
        MULTIPLY(2, 5, 6);
        if constexpr (kChannelTiles > 1) MULTIPLY(3, 5, 7);
      }
      input += kRowBytes;
      weights += kChannelTiles * kTileBytes;
      for (int line = 0; line < ahead.lines; ++line, ahead.first += kRowBytes)
        _mm_prefetch(ahead.first, _MM_HINT_T1);
      unfinished.finish(pixels_a_chunk);
    }
  }
  _tile_stored(0, sums, kRowBytes);
  if constexpr (kChannelTiles > 1) _tile_stored(1, sums + kTileBytes, kRowBytes);
  if constexpr (kPixelTiles > 1) _tile_stored(2, sums + 2 * kTileBytes, kRowBytes);
  if constexpr (kPixelTiles > 1 && kChannelTiles > 1) _tile_stored(3, sums + 3 * kTileBytes, kRowBytes);
}

// In turn for the run whose sums are finished and the one whose sums are made.
struct alignas(64) SumBuffers {
  std::byte of[2][4 * kTileBytes];
  int turn = 0;
};

template <Number kInput, Number kOutput, int kChannelTiles>
FOR_AMX void convolve_group(const Convolution& conv, const Run* runs, int run_count, int group, bool has_next,
                            Unfinished<kInput, kOutput>& unfinished, SumBuffers& buffers) {
  const int chunks = conv.row_count * conv.row_chunks;
  const int64_t group_bytes = int64_t{chunks} * kGroup / kRows * kTileBytes;
  const std::byte* weights = conv.weights + group * group_bytes;
  // Each run fetches its share of the next group, or of what the caller knows to come next.
  const std::byte* next = has_next ? weights + group_bytes : conv.ahead;
  const int64_t next_lines = next == nullptr ? 0 : (has_next ? group_bytes : conv.ahead_bytes) / kRowBytes;
  Ahead ahead = {
      next, static_cast<int>((next_lines + int64_t{run_count} * chunks - 1) / (int64_t{run_count} * chunks))};
  const int pixels_a_chunk = (2 * kRows + chunks - 1) / chunks;
  const int channel = group * kGroup;
  const Finish low = finish_of(conv, channel);
  const Finish high = finish_of(conv, channel + kRows);
  for (const Run* run = runs; run < runs + run_count; ++run) {
    const std::byte* first = conv.input + run->input * conv.input_stride;
    std::byte* sums = buffers.of[buffers.turn];
    buffers.turn ^= 1;
    if (run->count > kRows) {
      multiply_tiles<kInput, kOutput, 2, kChannelTiles>(conv, first, weights, ahead, unfinished,
                                                        pixels_a_chunk, sums);
    } else {
      multiply_tiles<kInput, kOutput, 1, kChannelTiles>(conv, first, weights, ahead, unfinished,
                                                        pixels_a_chunk, sums);
    }
    ahead.first += int64_t{chunks} * ahead.lines * kRowBytes;
    std::byte* output = conv.output + run->output * conv.output_stride + channel * size_of(kOutput);
    unfinished = {sums, output, conv.output_stride, run->wanted, kChannelTiles > 1, low, high};
  }
}

template <Number kInput, Number kOutput>
FOR_AMX void convolve(const Convolution& conv, const Run* runs, int run_count, int first_group,
                      int last_group) {
  Unfinished<kInput, kOutput> unfinished = {};
  SumBuffers buffers;
  for (int group = first_group; group < last_group; ++group) {
    const bool has_next = group + 1 < last_group;
    if (conv.outputs - group * kGroup > kRows) {
      convolve_group<kInput, kOutput, 2>(conv, runs, run_count, group, has_next, unfinished, buffers);
    } else {
      convolve_group<kInput, kOutput, 1>(conv, runs, run_count, group, has_next, unfinished, buffers);
    }
  }
  unfinished.finish(2 * kRows);
}

template <Number kInput>
constexpr ConvKernel kernel_of() {
  constexpr int kInterleave = 4 / size_of(kInput);
  return {.tier = Tier::kAmx,
          .runs_here = has_amx,
          .input = kInput,
          .step = kRowBytes / static_cast<int>(size_of(kInput)),
          .interleave = kInterleave,
          .lanes = kRows,
          .group = kGroup,
          .narrows = true,
          .longest = 2 * kRows,
          .masks = true,
          .to = {convolve<kInput, Number::kFloat>, convolve<kInput, Number::kBfloat16>,
                 convolve<kInput, Number::kByte>},
          .begin = begin,
          .end = end};
}

}  // namespace

const ConvKernel kConvAmxBfloat16 = kernel_of<Number::kBfloat16>();
const ConvKernel kConvAmxByte = kernel_of<Number::kByte>();

}  // namespace googlenet::kernels
#endif
