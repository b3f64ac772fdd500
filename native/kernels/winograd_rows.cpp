#include "kernels/winograd_rows.h"

#include <algorithm>
#include <cstring>

#include "core/wide_vectors.h"
#include "kernels/conv_tiers.h"
#include "kernels/winograd_points.h"

namespace googlenet::kernels {

#ifdef __x86_64__
namespace {

constexpr int kTaps = 4;    // pairs in a row of a window
constexpr int kBlock = 28;  // tiles whose sums stay in the first level of the cache
constexpr int kPairLanes = 2 * kRowsMostInputs;

template <int kGroup>
INLINED void pack_rows(const float* weights, int inputs, int outputs, float* packed) {
  const int64_t window = int64_t{kRowsWindow} * kRowsWindow;
  for (int first = 0; first < outputs; first += kGroup) {
    const int lanes = std::min(kGroup, outputs - first);
    for (int point = 0; point < kRowsPoints; ++point) {
      for (int row = 0; row < kRowsWindow; ++row) {
        for (int number = 0; number < 2 * inputs; ++number, packed += kGroup) {
          const int right = number / inputs, input = number % inputs;  // of the pair
          for (int lane = 0; lane < kGroup; ++lane) {
            double sum = 0;
            for (int tap = 0; tap < kTaps && lane < lanes; ++tap) {
              const int column = 2 * tap + right;
              if (column == kRowsWindow) continue;
              sum += weight_of(point, kRowsPoints, tap, kTaps) *
                     weights[(int64_t{first + lane} * inputs + input) * window + row * kRowsWindow + column];
            }
            packed[lane] = static_cast<float>(sum);
          }
        }
      }
    }
  }
}

// Vectors are of all numbers of a pair; what is in front of the next pair is written again with it.
INLINED void transform_row(const float* line, int inputs, int tiles, float* out, int64_t point_floats) {
  using Vector = Floats<kPairLanes>::Vector;
  const int64_t pair = 2 * inputs;
  for (int tile = 0; tile < tiles; ++tile, line += kRowsTile * pair, out += pair) {
    Vector numbers[kRowsPoints], points[kRowsPoints];
#pragma GCC unroll 7
    for (int i = 0; i < kRowsPoints; ++i) std::memcpy(&numbers[i], line + i * pair, sizeof(Vector));
    to_points<kRowsPoints>(numbers, points, 1);
#pragma GCC unroll 7
    for (int i = 0; i < kRowsPoints; ++i) std::memcpy(out + i * point_floats, &points[i], sizeof(Vector));
  }
}

INLINED void transform_rows(const RowsInput& w, int first_row, int last_row) {
  const int64_t across = row_floats(w.tiles, w.inputs), point_floats = (last_row - first_row) * across;
  const int64_t wide = int64_t{w.size.width} * w.inputs, before = int64_t{kRowsPadding} * w.inputs;
  std::fill_n(w.line, line_floats(w.tiles, w.inputs), 0.f);
  for (int row = first_row; row < last_row; ++row) {
    float* out = w.transformed + (row - first_row) * across;
    if (row < 0 || row >= w.size.height) {
      for (int point = 0; point < kRowsPoints; ++point) std::fill_n(out + point * point_floats, across, 0.f);
      continue;
    }
    std::memcpy(w.line + before, w.input.first + row * w.input.row,
                static_cast<size_t>(wide) * sizeof(float));
    transform_row(w.line, w.inputs, w.tiles, out, point_floats);
  }
}

// Sums of one row [point][tile][group] → numbers of the output from `out` on, `width` at most.
template <int kLanes>
INLINED void finish_row(const RowsProduct& w, const float* sums, int tiles, int width, int channel,
                        std::byte* out) {
  using Vector = typename Floats<kLanes>::Vector;
  constexpr int kGroup = 2 * kLanes;
  const Finished<kLanes> finished(w.bias + channel, w.outputs - channel, w.relu);
  for (int tile = 0; tile < tiles; ++tile, sums += kGroup) {
    Vector points[kRowsPoints], numbers[kRowsTile];
#pragma GCC unroll 7
    for (int i = 0; i < kRowsPoints; ++i)
      std::memcpy(&points[i], sums + int64_t{i} * tiles * kGroup, sizeof(Vector));
    from_points<kRowsPoints, kRowsTile>(points, numbers, 1);
    const int columns = std::min(kRowsTile, width - tile * kRowsTile);
    for (int x = 0; x < columns; ++x, out += w.output.pixel) finished.store(numbers[x], out);
  }
}

// Sums of `count` tiles of one row and a group, for all points. Meanwhile `out_bytes` of the output from
// `out` on are fetched into the cache: numbers of the output are made so fast that memory would be waited
// for.
void multiply_row(const ConvKernel& kernel, const RowsProduct& w, const float* tiles, int count,
                  const float* weights, const std::byte* out, int64_t out_bytes, float* sums) {
  alignas(64) static constexpr float kNoBias[64] = {};
  const int64_t pair = 2 * w.inputs, across = row_floats(w.tiles, w.inputs);
  const int64_t point_floats = w.rows * across, point_weights = kRowsWindow * pair * kernel.group;
  int64_t rows[kRowsWindow];
  for (int i = 0; i < kRowsWindow; ++i) rows[i] = i * across * static_cast<int64_t>(sizeof(float));
  Run runs[kBlock];
  const int run_count = even_runs(count, kernel.longest, runs);
  for (int point = 0; point < kRowsPoints; ++point) {
    const int64_t share = out_bytes / kRowsPoints;
    const Convolution product = {
        .input = reinterpret_cast<const std::byte*>(tiles + point * point_floats),
        .input_stride = pair * static_cast<int64_t>(sizeof(float)),
        .rows = rows,
        .row_count = kRowsWindow,
        .row_chunks = static_cast<int>(pair),
        .weights = reinterpret_cast<const std::byte*>(weights + point * point_weights),
        .scale = nullptr,
        .bias = kNoBias,
        .output = reinterpret_cast<std::byte*>(sums + int64_t{point} * count * kernel.group),
        .output_stride = kernel.group * static_cast<int64_t>(sizeof(float)),
        .outputs = kernel.group,
        .relu = false,
        .ahead = share == 0 ? nullptr : out + point * share,
        .ahead_bytes = share};
    kernel.to[0](product, runs, run_count, 0, 1);
  }
}

// Of a block of tiles and a group of channels.
constexpr int64_t sums_bytes(int group) {
  return int64_t{kRowsPoints} * kBlock * group * static_cast<int64_t>(sizeof(float));
}

template <int kLanes>
INLINED void multiply_rows(const ConvKernel& kernel, const RowsProduct& w, int first_row, int last_row) {
  constexpr int kGroup = 2 * kLanes;
  const int64_t pair = 2 * w.inputs, across = row_floats(w.tiles, w.inputs);
  const int64_t group_weights = kRowsPoints * kRowsWindow * pair * kGroup;
  const int blocks = (w.tiles + kBlock - 1) / kBlock;
  for (int row = first_row; row < last_row; ++row) {
    const float* tiles = w.transformed + (kRowsStride * row - kRowsPadding - w.first_row) * across;
    for (int block = 0; block < blocks; ++block) {
      const int first = w.tiles * block / blocks, count = w.tiles * (block + 1) / blocks - first;
      const int column = first * kRowsTile, columns = std::min(count * kRowsTile, w.width - column);
      std::byte* out = w.output.first + row * w.output.row + column * w.output.pixel;
      for (int channel = 0; channel < w.outputs; channel += kGroup) {
        multiply_row(kernel, w, tiles + first * pair, count, w.weights + channel / kGroup * group_weights,
                     out, channel == 0 ? columns * w.output.pixel : 0, w.sums);
        for (int half = 0; half < kGroup && channel + half < w.outputs; half += kLanes)
          finish_row<kLanes>(w, w.sums + half, count, columns, channel + half,
                             out + (channel + half) * static_cast<int64_t>(sizeof(float)));
      }
    }
  }
}

#define KERNEL(TARGET, TIER, LANES)                                                                       \
  TARGET void pack_##TIER(const float* weights, int inputs, int outputs, float* packed) {                 \
    pack_rows<2 * LANES>(weights, inputs, outputs, packed);                                               \
  }                                                                                                       \
  TARGET void transform_##TIER(const RowsInput& w, int first_row, int last_row) {                         \
    transform_rows(w, first_row, last_row);                                                               \
  }                                                                                                       \
  TARGET void multiply_##TIER(const RowsProduct& w, int first_row, int last_row) {                        \
    multiply_rows<LANES>(kConv##TIER##Float, w, first_row, last_row);                                     \
  }                                                                                                       \
  RowsKernel kernel_##TIER(int64_t transformed_bytes) {                                                   \
    const int group = kConv##TIER##Float.group;                                                           \
    return {group, transformed_bytes, sums_bytes(group), pack_##TIER, transform_##TIER, multiply_##TIER}; \
  }

KERNEL(__attribute__((target("avx2,fma"))), Avx2, 8)
KERNEL(__attribute__((target("avx2,fma,avx512f,avx512bw,avx512dq,avx512vl" WITH_WIDE_VECTORS))), Avx512, 16)

}  // namespace

const RowsKernel* rows_kernel(Tier tier) {
  constexpr int64_t kTransformedBytes = int64_t{1} << 18;
  static const RowsKernel avx2 = kernel_Avx2(kTransformedBytes), avx512 = kernel_Avx512(kTransformedBytes);
  if (tier == Tier::kAmx || conv_kernel(tier, Number::kFloat) == nullptr) return nullptr;
  return tier == Tier::kAvx2 ? &avx2 : &avx512;
}
#else
const RowsKernel* rows_kernel(Tier) {
  return nullptr;
}
#endif

}  // namespace googlenet::kernels
