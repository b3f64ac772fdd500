#include "kernels/winograd.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "core/wide_vectors.h"
#include "kernels/conv_tiers.h"
#include "kernels/winograd_points.h"

namespace googlenet::kernels {

#ifdef __x86_64__
namespace {

constexpr int kBlock = 56;  // tiles whose sums stay in the second level of the cache

// One of the kinds of tiles, and the numbers of the input, and so of points, that it comes from.
template <int kTileHeight, int kTileWidth, int kWindow>
struct Tile {
  static constexpr int kHeight = kTileHeight, kWidth = kTileWidth, kTaps = kWindow;
  static constexpr int kRows = kHeight + kTaps - 1, kColumns = kWidth + kTaps - 1;
  static constexpr int kPoints = kRows * kColumns;
};

// In double, because the transform is no small part of what Winograd's way costs in accuracy.
template <typename Tile, int kGroup>
INLINED void pack_windows(const float* weights, const WinogradShape& shape, float* packed) {
  constexpr int kTaps = Tile::kTaps;
  double down[Tile::kRows][kTaps], across[Tile::kColumns][kTaps];
  for (int tap = 0; tap < kTaps; ++tap) {
    for (int i = 0; i < Tile::kRows; ++i) down[i][tap] = weight_of(i, Tile::kRows, tap, kTaps);
    for (int i = 0; i < Tile::kColumns; ++i) across[i][tap] = weight_of(i, Tile::kColumns, tap, kTaps);
  }
  for (int first = 0; first < shape.outputs; first += kGroup) {
    const int lanes = std::min(kGroup, shape.outputs - first);
    for (int input = 0; input < shape.inputs; ++input) {
      double window[kTaps * kTaps][kGroup] = {}, half[Tile::kRows][kTaps][kGroup];
      for (int lane = 0; lane < lanes; ++lane) {
        const float* from = weights + (int64_t{first + lane} * shape.inputs + input) * kTaps * kTaps;
        for (int i = 0; i < kTaps * kTaps; ++i) window[i][lane] = from[i];
      }
      for (int i = 0; i < Tile::kRows; ++i) {
        for (int x = 0; x < kTaps; ++x) {
          for (int lane = 0; lane < kGroup; ++lane) {
            double sum = 0;
            for (int y = 0; y < kTaps; ++y) sum += down[i][y] * window[y * kTaps + x][lane];
            half[i][x][lane] = sum;
          }
        }
      }
      for (int i = 0; i < Tile::kRows; ++i) {
        for (int j = 0; j < Tile::kColumns; ++j) {
          float* point = packed + (int64_t{i * Tile::kColumns + j} * shape.inputs + input) * kGroup;
          for (int lane = 0; lane < kGroup; ++lane) {
            double sum = 0;
            for (int x = 0; x < kTaps; ++x) sum += half[i][x][lane] * across[j][x];
            point[lane] = static_cast<float>(sum);
          }
        }
      }
    }
    packed += int64_t{Tile::kPoints} * shape.inputs * kGroup;
  }
}

// A vector of channels of one tile, whose points are `point_floats` apart.
template <typename Tile, int kLanes>
INLINED void transform_tile(const WinogradInput& w, int tile, int channel, float* out, int64_t point_floats) {
  using Vector = typename Floats<kLanes>::Vector;
  constexpr int kRows = Tile::kRows, kColumns = Tile::kColumns, kPadding = Tile::kTaps / 2;
  const int top = tile / w.tiles_across * Tile::kHeight - kPadding;
  const int left = tile % w.tiles_across * Tile::kWidth - kPadding;
  Vector half[kRows * kColumns];
  for (int x = 0; x < kColumns; ++x) {
    Vector column[kRows];
#pragma GCC unroll 6
    for (int y = 0; y < kRows; ++y) {
      const int in_y = top + y, in_x = left + x;
      const bool is_inside = in_y >= 0 && in_y < w.size.height && in_x >= 0 && in_x < w.size.width;
      column[y] = Vector{};
      const std::byte* pixel = w.input.first + in_y * w.input.row + in_x * w.input.pixel;
      if (is_inside)
        std::memcpy(&column[y], pixel + channel * static_cast<int64_t>(sizeof(float)), sizeof(Vector));
    }
    to_points<kRows>(column, half + x, kColumns);
  }
  for (int y = 0; y < kRows; ++y) {
    Vector points[kColumns];
    to_points<kColumns>(half + y * kColumns, points, 1);
#pragma GCC unroll 6
    for (int x = 0; x < kColumns; ++x) {
      std::memcpy(out, &points[x], sizeof(Vector));
      out += point_floats;
    }
  }
}

// Channels from `channel` on, as many whole vectors as there are; returns the first that is left.
template <typename Tile, int kLanes>
INLINED int transform_channels(const WinogradInput& w, int tile, int channel, float* out,
                               int64_t point_floats) {
  for (; channel + kLanes <= w.shape.inputs; channel += kLanes)
    transform_tile<Tile, kLanes>(w, tile, channel, out + channel, point_floats);
  return channel;
}

template <typename Tile, int kLanes>
INLINED void transform_tiles(const WinogradInput& w, int first_tile, int last_tile) {
  const int64_t point_floats = int64_t{last_tile - first_tile} * w.shape.inputs;
  for (int tile = first_tile; tile < last_tile; ++tile) {
    float* out = w.transformed + int64_t{tile - first_tile} * w.shape.inputs;
    int channel = transform_channels<Tile, kLanes>(w, tile, 0, out, point_floats);
    channel = transform_channels<Tile, kLanes / 2>(w, tile, channel, out, point_floats);
    transform_channels<Tile, 1>(w, tile, channel, out, point_floats);
  }
}

// A vector of channels of tiles [0, count) of a block: the points of the sums are `count` tiles apart.
template <typename Tile, int kLanes>
INLINED void finish_tiles(const WinogradProduct& w, const float* sums, int count, int first_tile,
                          int channel) {
  using Vector = typename Floats<kLanes>::Vector;
  constexpr int kGroup = 2 * kLanes, kHeight = Tile::kHeight, kWidth = Tile::kWidth;
  constexpr int kRows = Tile::kRows, kColumns = Tile::kColumns;
  const Finished<kLanes> finished(w.bias + channel, w.shape.outputs - channel, w.relu);
  const int64_t point_floats = int64_t{count} * kGroup;
  for (int tile = first_tile; tile < first_tile + count; ++tile, sums += kGroup) {
    Vector half[kHeight * kColumns];
    for (int x = 0; x < kColumns; ++x) {
      Vector column[kRows];
#pragma GCC unroll 6
      for (int y = 0; y < kRows; ++y) {
        const float* point = sums + (y * kColumns + x) * point_floats;
        std::memcpy(&column[y], point, sizeof(Vector));
        __builtin_prefetch(point + kGroup);
      }
      from_points<kRows, kHeight>(column, half + x, kColumns);
    }
    const int top = tile / w.tiles_across * kHeight, left = tile % w.tiles_across * kWidth;
    const int rows = std::min(kHeight, w.size.height - top), columns = std::min(kWidth, w.size.width - left);
    for (int y = 0; y < rows; ++y) {
      Vector numbers[kWidth];
      from_points<kColumns, kWidth>(half + y * kColumns, numbers, 1);
      std::byte* out = w.output.first + (top + y) * w.output.row + left * w.output.pixel +
                       channel * static_cast<int64_t>(sizeof(float));
      for (int x = 0; x < columns; ++x, out += w.output.pixel) finished.store(numbers[x], out);
    }
  }
}

// One point of `count` tiles, which are `point_floats` from the same of the next point, and a group: a
// product of matrices, into sums [count][group].
void multiply_point(const ConvKernel& kernel, const float* tiles, int inputs, const float* weights, int count,
                    bool has_next, float* sums) {
  alignas(64) static constexpr float kNoBias[64] = {};
  static constexpr int64_t kRow = 0;
  const int64_t weight_floats = int64_t{inputs} * kernel.group;
  Run runs[kBlock];
  const int run_count = even_runs(count, kernel.longest, runs);
  const Convolution product = {
      .input = reinterpret_cast<const std::byte*>(tiles),
      .input_stride = inputs * static_cast<int64_t>(sizeof(float)),
      .rows = &kRow,
      .row_count = 1,
      .row_chunks = inputs,
      .weights = reinterpret_cast<const std::byte*>(weights),
      .scale = nullptr,
      .bias = kNoBias,
      .output = reinterpret_cast<std::byte*>(sums),
      .output_stride = kernel.group * static_cast<int64_t>(sizeof(float)),
      .outputs = kernel.group,
      .relu = false,
      .ahead = has_next ? reinterpret_cast<const std::byte*>(weights + weight_floats) : nullptr,
      .ahead_bytes = weight_floats * static_cast<int64_t>(sizeof(float))};
  kernel.to[0](product, runs, run_count, 0, 1);
}

// Of a block of tiles and a group of channels: up to a quarter of a megabyte, too much for a stack whose size
// somebody else decides.
template <typename Tile, int kGroup>
constexpr int64_t sums_bytes() {
  return int64_t{Tile::kPoints} * kBlock * kGroup * static_cast<int64_t>(sizeof(float));
}

template <typename Tile, int kLanes>
INLINED void multiply_tiles(const ConvKernel& kernel, const WinogradProduct& w, int first_group,
                            int last_group, int first_tile, int last_tile) {
  constexpr int kGroup = 2 * kLanes, kPoints = Tile::kPoints;
  const int inputs = w.shape.inputs;
  const int64_t point_weights = int64_t{inputs} * kGroup;
  const int64_t point_tiles = int64_t{last_tile - first_tile} * inputs;
  const int tiles = last_tile - first_tile, blocks = (tiles + kBlock - 1) / kBlock;
  for (int group = first_group; group < last_group; ++group) {
    const float* weights = w.weights + group * kPoints * point_weights;
    for (int block = 0; block < blocks; ++block) {
      const int first = tiles * block / blocks, count = tiles * (block + 1) / blocks - first;
      for (int point = 0; point < kPoints; ++point) {
        const bool has_next = block == 0 && (point + 1 < kPoints || group + 1 < last_group);
        multiply_point(kernel, w.transformed + point * point_tiles + int64_t{first} * inputs, inputs,
                       weights + point * point_weights, count, has_next,
                       w.sums + int64_t{point} * count * kGroup);
      }
      for (int half = 0; half < kGroup; half += kLanes) {
        const int channel = group * kGroup + half;
        if (channel >= w.shape.outputs) break;
        finish_tiles<Tile, kLanes>(w, w.sums + half, count, first_tile + first, channel);
      }
    }
  }
}

#define KERNEL(TARGET, TIER, LANES)                                                                      \
  template <typename Tile>                                                                               \
  TARGET void pack_##TIER(const float* weights, const WinogradShape& shape, float* packed) {             \
    pack_windows<Tile, 2 * LANES>(weights, shape, packed);                                               \
  }                                                                                                      \
  template <typename Tile>                                                                               \
  TARGET void transform_##TIER(const WinogradInput& w, int first, int last) {                            \
    transform_tiles<Tile, LANES>(w, first, last);                                                        \
  }                                                                                                      \
  template <typename Tile>                                                                               \
  TARGET void multiply_##TIER(const WinogradProduct& w, int first_group, int last_group, int first_tile, \
                              int last_tile) {                                                           \
    multiply_tiles<Tile, LANES>(kConv##TIER##Float, w, first_group, last_group, first_tile, last_tile);  \
  }                                                                                                      \
  template <typename Tile>                                                                               \
  WinogradKernel kernel_##TIER(int64_t transformed_bytes) {                                              \
    const ConvKernel& product = kConv##TIER##Float;                                                      \
    return {Tile::kTaps,                                                                                 \
            {Tile::kHeight, Tile::kWidth},                                                               \
            Tile::kPoints,                                                                               \
            product.group,                                                                               \
            product.longest,                                                                             \
            transformed_bytes,                                                                           \
            sums_bytes<Tile, 2 * LANES>(),                                                               \
            pack_##TIER<Tile>,                                                                           \
            transform_##TIER<Tile>,                                                                      \
            multiply_##TIER<Tile>};                                                                      \
  }                                                                                                      \
  std::array<WinogradKernel, 3> kernels_##TIER(int64_t transformed_bytes) {                              \
    return {kernel_##TIER<Tile<4, 4, 3>>(transformed_bytes),                                             \
            kernel_##TIER<Tile<2, 4, 3>>(transformed_bytes),                                             \
            kernel_##TIER<Tile<2, 2, 5>>(transformed_bytes)};                                            \
  }

KERNEL(__attribute__((target("avx2,fma"))), Avx2, 8)
KERNEL(__attribute__((target("avx2,fma,avx512f,avx512bw,avx512dq,avx512vl" WITH_WIDE_VECTORS))), Avx512, 16)

}  // namespace

std::span<const WinogradKernel> winograd_kernels(Tier tier) {
  // The weights of a group and its sums lie in the second level too. AVX2 is slow enough to read tiles from
  // the third one, and weights less often.
  static const auto avx2 = kernels_Avx2(int64_t{1} << 20);
  static const auto avx512 = kernels_Avx512(std::max(second_level_bytes() / 2, int64_t{1} << 19));
  if (tier == Tier::kAmx || conv_kernel(tier, Number::kFloat) == nullptr) return {};
  return tier == Tier::kAvx2 ? avx2 : avx512;
}
#else
std::span<const WinogradKernel> winograd_kernels(Tier) {
  return {};
}
#endif

}  // namespace googlenet::kernels
