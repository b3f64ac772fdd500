#pragma once

#include "kernels/contract.h"
#include "kernels/simd/winograd_transforms.h"
#include "kernels/tuning.h"
#include "kernels/winograd_rows.h"

namespace googlenet::kernels {

namespace {

constexpr int kPairsOfKernel = 4;  // pairs of pixels in a row of the kernel
constexpr int kTileBlock = tuning::kWinogradRowsTileBlock;
constexpr int kPairLanes = 2 * kRowsMaxInputs;

template <int kBlock>
void pack_weights(const float* weights, int inputs, int outputs, float* packed) {
  const int64_t kernel = int64_t{kRowsKernelSize} * kRowsKernelSize;
  for (int first = 0; first < outputs; first += kBlock) {
    const int lanes = min(kBlock, outputs - first);
    for (int point = 0; point < kRowsPoints; ++point) {
      for (int row = 0; row < kRowsKernelSize; ++row) {
        for (int value = 0; value < 2 * inputs; ++value, packed += kBlock) {
          const int right = value / inputs, input = value % inputs;  // of the pair
          for (int lane = 0; lane < kBlock; ++lane) {
            double sum = 0;
            for (int tap = 0; tap < kPairsOfKernel && lane < lanes; ++tap) {
              const int column = 2 * tap + right;
              if (column == kRowsKernelSize) continue;
              sum +=
                  transform_weight(point, kRowsPoints, tap, kPairsOfKernel) *
                  weights[(int64_t{first + lane} * inputs + input) * kernel + row * kRowsKernelSize + column];
            }
            packed[lane] = static_cast<float>(sum);
          }
        }
      }
    }
  }
}

// A vector holds all values of a pair; what reaches into the next pair is written again with it.
ALWAYS_INLINE void transform_row(const float* line, int inputs, int tiles, float* out, int64_t point_floats) {
  using Vector = FloatVector<kPairLanes>;
  const int64_t pair = 2 * inputs;
  for (int tile = 0; tile < tiles; ++tile, line += kRowsTile * pair, out += pair) {
    Vector values[kRowsPoints], points[kRowsPoints];
#pragma GCC unroll 7
    for (int i = 0; i < kRowsPoints; ++i) load(values[i], line + i * pair);
    to_points<kRowsPoints>(values, points, 1);
#pragma GCC unroll 7
    for (int i = 0; i < kRowsPoints; ++i) store(out + i * point_floats, points[i]);
  }
}

void transform_rows(const WinogradRowsInput& w, int first_row, int last_row) {
  KERNEL_REQUIRES(keeps_contract(w, first_row, last_row));
  const int64_t across = row_floats(w.tiles_per_row, w.inputs),
                point_floats = (last_row - first_row) * across;
  const int64_t wide = int64_t{w.size.width} * w.inputs, before = int64_t{kRowsPadding} * w.inputs;
  fill_zeros(w.line, line_floats(w.tiles_per_row, w.inputs));
  for (int row = first_row; row < last_row; ++row) {
    float* out = w.transformed + (row - first_row) * across;
    if (row < 0 || row >= w.size.height) {
      for (int point = 0; point < kRowsPoints; ++point) fill_zeros(out + point * point_floats, across);
      continue;
    }
    __builtin_memcpy(w.line + before, w.input.data + row * w.input.row_stride,
                     static_cast<size_t>(wide) * sizeof(float));
    transform_row(w.line, w.inputs, w.tiles_per_row, out, point_floats);
  }
}

// Turns sums of one row, [point][tile][block], into values of the output from `out` on, `width` at most.
template <int kLanes>
ALWAYS_INLINE void store_row(const WinogradRowsProduct& w, const float* sums, int tiles, int width,
                             int channel, std::byte* out) {
  using Vector = FloatVector<kLanes>;
  constexpr int kBlock = 2 * kLanes;
  const VectorEpilogue<kLanes> epilogue(w.bias + channel, w.outputs - channel, w.relu);
  for (int tile = 0; tile < tiles; ++tile, sums += kBlock) {
    Vector points[kRowsPoints], values[kRowsTile];
#pragma GCC unroll 7
    for (int i = 0; i < kRowsPoints; ++i) load(points[i], sums + int64_t{i} * tiles * kBlock);
    from_points<kRowsPoints, kRowsTile>(points, values, 1);
    const int columns = min(kRowsTile, width - tile * kRowsTile);
    for (int x = 0; x < columns; ++x, out += w.output.pixel_stride) epilogue.store(values[x], out);
  }
}

// Sums of `count` tiles of one row and a block of channels, for all points. Meanwhile `out_bytes` of the
// output from `out` on are prefetched: values of the output are made so fast that they would wait for memory.
void multiply_row(const ConvKernel& kernel, const WinogradRowsProduct& w, const float* tiles, int count,
                  const float* weights, const std::byte* out, int64_t out_bytes, float* sums) {
  alignas(64) static constexpr float kNoBias[64] = {};
  const int64_t pair = 2 * w.inputs, across = row_floats(w.tiles_per_row, w.inputs);
  const int64_t point_floats = w.rows * across, point_weights = kRowsKernelSize * pair * kernel.block;
  int64_t rows[kRowsKernelSize];
  for (int i = 0; i < kRowsKernelSize; ++i) rows[i] = i * across * static_cast<int64_t>(sizeof(float));
  RowTile row_tiles[kTileBlock];
  const int row_tile_count = even_row_tiles(count, kernel.max_pixels, row_tiles);
  for (int point = 0; point < kRowsPoints; ++point) {
    const int64_t share = out_bytes / kRowsPoints;
    const Convolution product = {
        .input = reinterpret_cast<const std::byte*>(tiles + point * point_floats),
        .input_stride = pair * static_cast<int64_t>(sizeof(float)),
        .kernel_rows = rows,
        .kernel_row_count = kRowsKernelSize,
        .row_chunks = static_cast<int>(pair),
        .weights = reinterpret_cast<const std::byte*>(weights + point * point_weights),
        .scale = nullptr,
        .bias = kNoBias,
        .output = reinterpret_cast<std::byte*>(sums + int64_t{point} * count * kernel.block),
        .output_stride = kernel.block * static_cast<int64_t>(sizeof(float)),
        .output_channels = kernel.block,
        .relu = false,
        .prefetch = share == 0 ? nullptr : out + point * share,
        .prefetch_bytes = share};
    kernel.to[0](product, row_tiles, row_tile_count, 0, 1);
  }
}

// Of a block of tiles and a block of channels.
template <int kBlock>
constexpr int64_t kSumsBytes =
    int64_t{kRowsPoints} * kTileBlock * kBlock * static_cast<int64_t>(sizeof(float));

template <int kLanes, const ConvKernel& kDirect>
void multiply_rows(const WinogradRowsProduct& w, int first_row, int last_row) {
  KERNEL_REQUIRES(keeps_contract(w, first_row, last_row));
  constexpr int kBlock = 2 * kLanes;
  const int64_t pair = 2 * w.inputs, across = row_floats(w.tiles_per_row, w.inputs);
  const int64_t block_weights = kRowsPoints * kRowsKernelSize * pair * kBlock;
  const int tile_blocks = (w.tiles_per_row + kTileBlock - 1) / kTileBlock;
  for (int row = first_row; row < last_row; ++row) {
    const float* tiles = w.transformed + (kRowsStride * row - kRowsPadding - w.first_row) * across;
    for (int tile_block = 0; tile_block < tile_blocks; ++tile_block) {
      const int first = w.tiles_per_row * tile_block / tile_blocks;
      const int count = w.tiles_per_row * (tile_block + 1) / tile_blocks - first;
      const int column = first * kRowsTile, columns = min(count * kRowsTile, w.width - column);
      std::byte* out = w.output.data + row * w.output.row_stride + column * w.output.pixel_stride;
      for (int channel = 0; channel < w.outputs; channel += kBlock) {
        multiply_row(kDirect, w, tiles + first * pair, count, w.weights + channel / kBlock * block_weights,
                     out, channel == 0 ? columns * w.output.pixel_stride : 0, w.sums);
        for (int half = 0; half < kBlock && channel + half < w.outputs; half += kLanes)
          store_row<kLanes>(w, w.sums + half, count, columns, channel + half,
                            out + (channel + half) * static_cast<int64_t>(sizeof(float)));
      }
    }
  }
}

// `kDirect` multiplies: the direct convolution of this instruction set, with two vectors of `kLanes` channels
// a block.
template <int kLanes, const ConvKernel& kDirect>
ALWAYS_INLINE WinogradRowsKernel make_winograd_rows_kernel() {
  return {.block = kDirect.block,
          .transformed_bytes = tuning::kWinogradRowsTransformedBytes,
          .sums_bytes = kSumsBytes<2 * kLanes>,
          .pack = pack_weights<2 * kLanes>,
          .transform_input = transform_rows,
          .multiply = multiply_rows<kLanes, kDirect>};
}

}  // namespace

}  // namespace googlenet::kernels
