#pragma once

#include "kernels/contract.h"
#include "kernels/simd/winograd_transforms.h"
#include "kernels/tuning.h"
#include "kernels/winograd.h"

namespace googlenet::kernels {

namespace {

constexpr int kTileBlock = tuning::kWinogradTileBlock;

// F(kTileHeight×kTileWidth, kKernelSize×kKernelSize): the output tile, and the values of the input, and so
// points, behind it.
template <int kTileHeight, int kTileWidth, int kKernelSize>
struct WinogradTile {
  static constexpr int kHeight = kTileHeight, kWidth = kTileWidth, kKernel = kKernelSize;
  static constexpr int kRows = kHeight + kKernel - 1, kColumns = kWidth + kKernel - 1;
  static constexpr int kPoints = kRows * kColumns;
};

// In double, because the transform of weights is no small part of what Winograd convolution costs in
// accuracy.
template <typename Tile, int kBlock>
void pack_weights(const float* weights, const WinogradChannels& channels, float* packed) {
  constexpr int kKernel = Tile::kKernel;
  double down[Tile::kRows][kKernel], across[Tile::kColumns][kKernel];
  for (int tap = 0; tap < kKernel; ++tap) {
    for (int i = 0; i < Tile::kRows; ++i) down[i][tap] = transform_weight(i, Tile::kRows, tap, kKernel);
    for (int i = 0; i < Tile::kColumns; ++i)
      across[i][tap] = transform_weight(i, Tile::kColumns, tap, kKernel);
  }
  for (int first = 0; first < channels.outputs; first += kBlock) {
    const int lanes = min(kBlock, channels.outputs - first);
    for (int input = 0; input < channels.inputs; ++input) {
      double kernel[kKernel * kKernel][kBlock] = {}, half[Tile::kRows][kKernel][kBlock];
      for (int lane = 0; lane < lanes; ++lane) {
        const float* from = weights + (int64_t{first + lane} * channels.inputs + input) * kKernel * kKernel;
        for (int i = 0; i < kKernel * kKernel; ++i) kernel[i][lane] = from[i];
      }
      for (int i = 0; i < Tile::kRows; ++i) {
        for (int x = 0; x < kKernel; ++x) {
          for (int lane = 0; lane < kBlock; ++lane) {
            double sum = 0;
            for (int y = 0; y < kKernel; ++y) sum += down[i][y] * kernel[y * kKernel + x][lane];
            half[i][x][lane] = sum;
          }
        }
      }
      for (int i = 0; i < Tile::kRows; ++i) {
        for (int j = 0; j < Tile::kColumns; ++j) {
          float* point = packed + (int64_t{i * Tile::kColumns + j} * channels.inputs + input) * kBlock;
          for (int lane = 0; lane < kBlock; ++lane) {
            double sum = 0;
            for (int x = 0; x < kKernel; ++x) sum += half[i][x][lane] * across[j][x];
            point[lane] = static_cast<float>(sum);
          }
        }
      }
    }
    packed += int64_t{Tile::kPoints} * channels.inputs * kBlock;
  }
}

// Transforms a vector of channels of one tile, whose points are `point_floats` apart.
template <typename Tile, int kLanes>
ALWAYS_INLINE void transform_tile(const WinogradInput& w, int tile, int channel, float* out,
                                  int64_t point_floats) {
  using Vector = FloatVector<kLanes>;
  constexpr int kRows = Tile::kRows, kColumns = Tile::kColumns, kPadding = Tile::kKernel / 2;
  const int top = tile / w.tiles_per_row * Tile::kHeight - kPadding;
  const int left = tile % w.tiles_per_row * Tile::kWidth - kPadding;
  Vector half[kRows * kColumns];
  for (int x = 0; x < kColumns; ++x) {
    Vector column[kRows];
#pragma GCC unroll 6
    for (int y = 0; y < kRows; ++y) {
      const int in_y = top + y, in_x = left + x;
      const bool is_inside = in_y >= 0 && in_y < w.size.height && in_x >= 0 && in_x < w.size.width;
      column[y] = Vector{};
      const std::byte* pixel = w.input.data + in_y * w.input.row_stride + in_x * w.input.pixel_stride;
      if (is_inside) load(column[y], pixel + channel * static_cast<int64_t>(sizeof(float)));
    }
    to_points<kRows>(column, half + x, kColumns);
  }
  for (int y = 0; y < kRows; ++y) {
    Vector points[kColumns];
    to_points<kColumns>(half + y * kColumns, points, 1);
#pragma GCC unroll 6
    for (int x = 0; x < kColumns; ++x) {
      store(out, points[x]);
      out += point_floats;
    }
  }
}

// Transforms channels from `channel` on, as many whole vectors as there are, and returns the first that is
// left.
template <typename Tile, int kLanes>
ALWAYS_INLINE int transform_channels(const WinogradInput& w, int tile, int channel, float* out,
                                     int64_t point_floats) {
  for (; channel + kLanes <= w.channels.inputs; channel += kLanes)
    transform_tile<Tile, kLanes>(w, tile, channel, out + channel, point_floats);
  return channel;
}

template <typename Tile, int kLanes>
void transform_tiles(const WinogradInput& w, int first_tile, int last_tile) {
  KERNEL_REQUIRES(keeps_contract(w, {Tile::kHeight, Tile::kWidth}, first_tile, last_tile));
  const int64_t point_floats = int64_t{last_tile - first_tile} * w.channels.inputs;
  for (int tile = first_tile; tile < last_tile; ++tile) {
    float* out = w.transformed + int64_t{tile - first_tile} * w.channels.inputs;
    int channel = transform_channels<Tile, kLanes>(w, tile, 0, out, point_floats);
    channel = transform_channels<Tile, kLanes / 2>(w, tile, channel, out, point_floats);
    transform_channels<Tile, 1>(w, tile, channel, out, point_floats);
  }
}

// Turns sums into values, for a vector of channels of tiles [0, count) of a block: the points of the sums are
// `count` tiles apart.
template <typename Tile, int kLanes>
ALWAYS_INLINE void store_tiles(const WinogradProduct& w, const float* sums, int count, int first_tile,
                               int channel) {
  using Vector = FloatVector<kLanes>;
  constexpr int kBlock = 2 * kLanes, kHeight = Tile::kHeight, kWidth = Tile::kWidth;
  constexpr int kRows = Tile::kRows, kColumns = Tile::kColumns;
  const VectorEpilogue<kLanes> epilogue(w.bias + channel, w.channels.outputs - channel, w.relu);
  const int64_t point_floats = int64_t{count} * kBlock;
  for (int tile = first_tile; tile < first_tile + count; ++tile, sums += kBlock) {
    Vector half[kHeight * kColumns];
    for (int x = 0; x < kColumns; ++x) {
      Vector column[kRows];
#pragma GCC unroll 6
      for (int y = 0; y < kRows; ++y) {
        const float* point = sums + (y * kColumns + x) * point_floats;
        load(column[y], point);
        __builtin_prefetch(point + kBlock);
      }
      from_points<kRows, kHeight>(column, half + x, kColumns);
    }
    const int top = tile / w.tiles_per_row * kHeight, left = tile % w.tiles_per_row * kWidth;
    const int rows = min(kHeight, w.size.height - top), columns = min(kWidth, w.size.width - left);
    for (int y = 0; y < rows; ++y) {
      Vector values[kWidth];
      from_points<kColumns, kWidth>(half + y * kColumns, values, 1);
      std::byte* out = w.output.data + (top + y) * w.output.row_stride + left * w.output.pixel_stride +
                       channel * static_cast<int64_t>(sizeof(float));
      for (int x = 0; x < columns; ++x, out += w.output.pixel_stride) epilogue.store(values[x], out);
    }
  }
}

// Multiplies one point of `count` tiles with the weights of a block: a matrix product, into sums
// [count][block].
void multiply_point(const ConvKernel& kernel, const float* tiles, int inputs, const float* weights, int count,
                    bool has_next, float* sums) {
  alignas(64) static constexpr float kNoBias[64] = {};
  static constexpr int64_t kRow = 0;
  const int64_t weight_floats = int64_t{inputs} * kernel.block;
  RowTile row_tiles[kTileBlock];
  const int row_tile_count = even_row_tiles(count, kernel.max_pixels, row_tiles);
  const Convolution product = {
      .input = reinterpret_cast<const std::byte*>(tiles),
      .input_stride = inputs * static_cast<int64_t>(sizeof(float)),
      .kernel_rows = &kRow,
      .kernel_row_count = 1,
      .row_chunks = inputs,
      .weights = reinterpret_cast<const std::byte*>(weights),
      .scale = nullptr,
      .bias = kNoBias,
      .output = reinterpret_cast<std::byte*>(sums),
      .output_stride = kernel.block * static_cast<int64_t>(sizeof(float)),
      .output_channels = kernel.block,
      .relu = false,
      .prefetch = has_next ? reinterpret_cast<const std::byte*>(weights + weight_floats) : nullptr,
      .prefetch_bytes = weight_floats * static_cast<int64_t>(sizeof(float))};
  kernel.to[0](product, row_tiles, row_tile_count, 0, 1);
}

// Of a block of tiles and a block of channels: up to a quarter of a megabyte, too much for a stack whose size
// somebody else decides.
template <typename Tile, int kBlock>
constexpr int64_t kSumsBytes =
    int64_t{Tile::kPoints} * kTileBlock * kBlock * static_cast<int64_t>(sizeof(float));

template <typename Tile, int kLanes, const ConvKernel& kDirect>
void multiply_tiles(const WinogradProduct& w, int first_block, int last_block, int first_tile,
                    int last_tile) {
  constexpr int kBlock = 2 * kLanes, kPoints = Tile::kPoints;
  KERNEL_REQUIRES(keeps_contract(w, {Tile::kHeight, Tile::kWidth}, kBlock, first_block, last_block,
                                 first_tile, last_tile));
  const int inputs = w.channels.inputs;
  const int64_t point_weights = int64_t{inputs} * kBlock;
  const int64_t point_tiles = int64_t{last_tile - first_tile} * inputs;
  const int tiles = last_tile - first_tile, tile_blocks = (tiles + kTileBlock - 1) / kTileBlock;
  for (int block = first_block; block < last_block; ++block) {
    const float* weights = w.weights + block * kPoints * point_weights;
    for (int tile_block = 0; tile_block < tile_blocks; ++tile_block) {
      const int first = tiles * tile_block / tile_blocks;
      const int count = tiles * (tile_block + 1) / tile_blocks - first;
      for (int point = 0; point < kPoints; ++point) {
        const bool has_next = tile_block == 0 && (point + 1 < kPoints || block + 1 < last_block);
        multiply_point(kDirect, w.transformed + point * point_tiles + int64_t{first} * inputs, inputs,
                       weights + point * point_weights, count, has_next,
                       w.sums + int64_t{point} * count * kBlock);
      }
      for (int half = 0; half < kBlock; half += kLanes) {
        const int channel = block * kBlock + half;
        if (channel >= w.channels.outputs) break;
        store_tiles<Tile, kLanes>(w, w.sums + half, count, first_tile + first, channel);
      }
    }
  }
}

// `kDirect` multiplies: the direct convolution of this instruction set, with two vectors of `kLanes` channels
// a block.
template <typename Tile, int kLanes, const ConvKernel& kDirect>
ALWAYS_INLINE WinogradKernel make_winograd_kernel(const char* name, int64_t transformed_bytes) {
  return {.name = name,
          .kernel_size = Tile::kKernel,
          .tile = {Tile::kHeight, Tile::kWidth},
          .points = Tile::kPoints,
          .block = kDirect.block,
          .max_tiles = kDirect.max_pixels,
          .transformed_bytes = transformed_bytes,
          .sums_bytes = kSumsBytes<Tile, 2 * kLanes>,
          .pack = pack_weights<Tile, 2 * kLanes>,
          .transform_input = transform_tiles<Tile, kLanes>,
          .multiply = multiply_tiles<Tile, kLanes, kDirect>};
}

template <int kLanes, const ConvKernel& kDirect>
ALWAYS_INLINE WinogradKernels make_winograd_kernels(int64_t transformed_bytes) {
  return {{make_winograd_kernel<WinogradTile<4, 4, 3>, kLanes, kDirect>("F(4×4, 3×3)", transformed_bytes),
           make_winograd_kernel<WinogradTile<2, 4, 3>, kLanes, kDirect>("F(2×4, 3×3)", transformed_bytes),
           make_winograd_kernel<WinogradTile<2, 2, 5>, kLanes, kDirect>("F(2×2, 5×5)", transformed_bytes)}};
}

}  // namespace

}  // namespace googlenet::kernels
