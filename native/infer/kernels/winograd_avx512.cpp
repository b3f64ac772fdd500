#include <algorithm>
#include <cstdlib>

#include "infer/kernels/conv_tiers.h"
#include "infer/kernels/store_avx512.h"
#include "infer/kernels/winograd.h"

namespace googlenet::kernels {

namespace {

constexpr int kSide = 6;  // of a transformed tile
constexpr int kLanes = 16;

// The transforms for the points 0, ±1, ±2 and infinity.
constexpr double kWeights[kSide][3] = {
    {1. / 4, 0, 0},
    {-1. / 6, -1. / 6, -1. / 6},
    {-1. / 6, 1. / 6, -1. / 6},
    {1. / 24, 1. / 12, 1. / 6},
    {1. / 24, -1. / 12, 1. / 6},
    {0, 0, 1},
};

}  // namespace

int64_t winograd_weights_bytes(int outputs, int inputs) {
  const int64_t groups = (outputs + kWinogradGroup - 1) / kWinogradGroup;
  return groups * kWinogradPoints * inputs * kWinogradGroup * static_cast<int64_t>(sizeof(float));
}

#ifdef __x86_64__
// In double, because the transform is no small part of what Winograd's way costs in accuracy.
FOR_AVX512 void pack_winograd(const float* weights, int outputs, int inputs, float* packed) {
  constexpr int kGroup = kWinogradGroup;
  for (int first = 0; first < outputs; first += kGroup) {
    const int lanes = std::min(kGroup, outputs - first);
    for (int in = 0; in < inputs; ++in) {
      double window[9][kGroup] = {}, half[kSide][3][kGroup];
      for (int lane = 0; lane < lanes; ++lane) {
        const float* from = weights + (int64_t{first + lane} * inputs + in) * 9;
        for (int i = 0; i < 9; ++i) window[i][lane] = from[i];
      }
      for (int i = 0; i < kSide; ++i)
        for (int x = 0; x < 3; ++x)
          for (int lane = 0; lane < kGroup; ++lane)
            half[i][x][lane] = kWeights[i][0] * window[x][lane] + kWeights[i][1] * window[3 + x][lane] +
                               kWeights[i][2] * window[6 + x][lane];
      for (int i = 0; i < kSide; ++i) {
        for (int j = 0; j < kSide; ++j) {
          float* point = packed + (int64_t{i * kSide + j} * inputs + in) * kGroup;
          for (int lane = 0; lane < kGroup; ++lane)
            point[lane] =
                static_cast<float>(half[i][0][lane] * kWeights[j][0] + half[i][1][lane] * kWeights[j][1] +
                                   half[i][2][lane] * kWeights[j][2]);
        }
      }
    }
    packed += int64_t{kWinogradPoints} * inputs * kGroup;
  }
}

namespace {

// Six numbers in a row of the input → six points.
INLINED_AVX512 void to_points(const __m512* x, int step, __m512* points, int point_step) {
  const __m512 two = _mm512_set1_ps(2), four = _mm512_set1_ps(4), five = _mm512_set1_ps(5);
  const __m512 x0 = x[0], x1 = x[step], x2 = x[2 * step], x3 = x[3 * step], x4 = x[4 * step],
               x5 = x[5 * step];
  const __m512 even = _mm512_fnmadd_ps(four, x2, x4);  // x4 − 4·x2
  const __m512 odd = _mm512_fnmadd_ps(four, x1, x3);   // x3 − 4·x1
  const __m512 even2 = _mm512_sub_ps(x4, x2);
  const __m512 odd2 = _mm512_mul_ps(two, _mm512_sub_ps(x3, x1));
  points[0] = _mm512_fmadd_ps(four, x0, _mm512_fnmadd_ps(five, x2, x4));
  points[point_step] = _mm512_add_ps(even, odd);
  points[2 * point_step] = _mm512_sub_ps(even, odd);
  points[3 * point_step] = _mm512_add_ps(even2, odd2);
  points[4 * point_step] = _mm512_sub_ps(even2, odd2);
  points[5 * point_step] = _mm512_fmadd_ps(four, x1, _mm512_fnmadd_ps(five, x3, x5));
}

// Six points → four numbers in a row of the output.
INLINED_AVX512 void from_points(const __m512* p, int step, __m512* y, int y_step) {
  const __m512 two = _mm512_set1_ps(2), four = _mm512_set1_ps(4), eight = _mm512_set1_ps(8);
  const __m512 sum1 = _mm512_add_ps(p[step], p[2 * step]), difference1 = _mm512_sub_ps(p[step], p[2 * step]);
  const __m512 sum2 = _mm512_add_ps(p[3 * step], p[4 * step]);
  const __m512 difference2 = _mm512_sub_ps(p[3 * step], p[4 * step]);
  y[0] = _mm512_add_ps(p[0], _mm512_add_ps(sum1, sum2));
  y[y_step] = _mm512_fmadd_ps(two, difference2, difference1);
  y[2 * y_step] = _mm512_fmadd_ps(four, sum2, sum1);
  y[3 * y_step] = _mm512_add_ps(_mm512_fmadd_ps(eight, difference2, difference1), p[5 * step]);
}

// 16 channels of one tile, whose points are `point_floats` apart.
FOR_AVX512 void transform_tile(const WinogradInput& w, int tile, int channel, float* out,
                               int64_t point_floats) {
  const __mmask16 lanes = first_lanes(w.channels - channel);
  const int top = tile / w.tiles_across * kWinogradTile - 1, left = tile % w.tiles_across * kWinogradTile - 1;
  __m512 half[kSide * kSide];
  for (int x = 0; x < kSide; ++x) {
    __m512 column[kSide];
#pragma GCC unroll 6
    for (int y = 0; y < kSide; ++y) {
      const int in_y = top + y, in_x = left + x;
      const bool is_inside = in_y >= 0 && in_y < w.size.height && in_x >= 0 && in_x < w.size.width;
      const std::byte* pixel = w.input.first + (is_inside ? in_y * w.input.row + in_x * w.input.pixel : 0);
      column[y] =
          _mm512_maskz_loadu_ps(is_inside ? lanes : 0, reinterpret_cast<const float*>(pixel) + channel);
    }
    to_points(column, 1, half + x, kSide);
  }
  for (int y = 0; y < kSide; ++y) {
    __m512 points[kSide];
    to_points(half + y * kSide, 1, points, 1);
#pragma GCC unroll 6
    for (int x = 0; x < kSide; ++x) {
      _mm512_mask_storeu_ps(out, lanes, points[x]);
      out += point_floats;
    }
  }
}

// 16 channels of one tile: `sums` are its points, `point_floats` apart.
FOR_AVX512 void finish_tile(const WinogradProduct& w, const float* sums, int64_t point_floats, int tile,
                            const Finish& finish, int channel) {
  __m512 half[kSide * kWinogradTile];
  for (int x = 0; x < kSide; ++x) {
    __m512 column[kSide];
#pragma GCC unroll 6
    for (int y = 0; y < kSide; ++y) column[y] = _mm512_load_ps(sums + (y * kSide + x) * point_floats);
    from_points(column, 1, half + x, kSide);
  }
  const int top = tile / w.tiles_across * kWinogradTile, left = tile % w.tiles_across * kWinogradTile;
  const int rows = std::min(kWinogradTile, w.size.height - top);
  const int columns = std::min(kWinogradTile, w.size.width - left);
  for (int y = 0; y < rows; ++y) {
    __m512 numbers[kWinogradTile];
    from_points(half + y * kSide, 1, numbers, 1);
    std::byte* row = w.output.first + (top + y) * w.output.row + left * w.output.pixel;
    for (int x = 0; x < columns; ++x)
      store<Number::kFloat>(finish, numbers[x], row + x * w.output.pixel + channel * sizeof(float));
  }
}

// One point of `count` tiles and a group: a product of matrices, into sums [points][count][group].
void multiply_point(const WinogradProduct& w, int point, const float* weights, int count, float* sums,
                    bool has_next) {
  alignas(64) static constexpr float kNoBias[kWinogradGroup] = {};
  static constexpr int64_t kRow = 0;
  const int64_t weight_floats = int64_t{w.channels} * kWinogradGroup;
  // Of about one length: a short one at the end would use few registers.
  constexpr int kMostRuns = kWinogradBlock / kWinogradLongest;
  Run runs[kMostRuns];
  const int run_count = (count + kWinogradLongest - 1) / kWinogradLongest;
  for (int i = 0; i < run_count; ++i) {
    const int first = count * i / run_count;
    runs[i] = {first, first, count * (i + 1) / run_count - first, 0};
  }
  const Convolution product = {
      .input = reinterpret_cast<const std::byte*>(w.transformed + int64_t{point} * count * w.channels),
      .input_stride = w.channels * static_cast<int64_t>(sizeof(float)),
      .rows = &kRow,
      .row_count = 1,
      .row_chunks = w.channels,
      .weights = reinterpret_cast<const std::byte*>(weights),
      .scale = nullptr,
      .bias = kNoBias,
      .output = reinterpret_cast<std::byte*>(sums + int64_t{point} * count * kWinogradGroup),
      .output_stride = kWinogradGroup * sizeof(float),
      .outputs = kWinogradGroup,
      .relu = false,
      .ahead = has_next ? reinterpret_cast<const std::byte*>(weights + weight_floats) : nullptr,
      .ahead_bytes = weight_floats * static_cast<int64_t>(sizeof(float))};
  kConvAvx512Float.to[0](product, runs, run_count, 0, 1);
}

}  // namespace

void transform_input(const WinogradInput& input, int first_tile, int last_tile) {
  const int64_t point_floats = int64_t{last_tile - first_tile} * input.channels;
  for (int tile = first_tile; tile < last_tile; ++tile) {
    float* out = input.transformed + int64_t{tile - first_tile} * input.channels;
    for (int c = 0; c < input.channels; c += kLanes) transform_tile(input, tile, c, out + c, point_floats);
  }
}

FOR_AVX512 void multiply_winograd(const WinogradProduct& w, int first_group, int last_group, int first_tile,
                                  int last_tile) {
  alignas(64) float sums[kWinogradPoints * kWinogradBlock * kWinogradGroup];
  const int count = last_tile - first_tile;
  const int64_t point_weights = int64_t{w.channels} * kWinogradGroup;
  for (int group = first_group; group < last_group; ++group) {
    const float* weights = w.weights + group * kWinogradPoints * point_weights;
    for (int point = 0; point < kWinogradPoints; ++point) {
      const bool has_next = point + 1 < kWinogradPoints || group + 1 < last_group;
      multiply_point(w, point, weights + point * point_weights, count, sums, has_next);
    }
    const int channel = group * kWinogradGroup;
    for (int half = 0; half < kWinogradGroup && channel + half < w.outputs; half += kLanes) {
      Convolution to = {};
      to.bias = w.bias;
      to.outputs = w.outputs;
      to.relu = w.relu;
      const Finish finish = finish_of(to, channel + half);
      for (int t = 0; t < count; ++t)
        finish_tile(w, sums + t * kWinogradGroup + half, int64_t{count} * kWinogradGroup, first_tile + t,
                    finish, channel + half);
    }
  }
}
#else
// Other processors have no tier, so nobody calls these.
void pack_winograd(const float*, int, int, float*) {
  std::abort();
}

void transform_input(const WinogradInput&, int, int) {
  std::abort();
}

void multiply_winograd(const WinogradProduct&, int, int, int, int) {
  std::abort();
}
#endif

}  // namespace googlenet::kernels
