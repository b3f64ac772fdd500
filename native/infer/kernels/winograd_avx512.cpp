#include <algorithm>
#include <cstdlib>

#include "infer/kernels/conv_tiers.h"
#include "infer/kernels/store_avx512.h"
#include "infer/kernels/winograd.h"

namespace googlenet::kernels {

int64_t winograd_weights_bytes(const WinogradShape& shape) {
  const int64_t groups = (shape.outputs + kWinogradGroup - 1) / kWinogradGroup;
  return groups * kWinogradPoints * shape.inputs * kWinogradGroup * static_cast<int64_t>(sizeof(float));
}

#ifdef __x86_64__
namespace {

constexpr int kSide = kWinogradSide;
constexpr int kLanes = 16;
constexpr int kBlock = 56;  // tiles whose sums stay in the second level of the cache

// The points 0, ±1, ±2 and infinity. The window's transform has the powers of each, times its factor.
constexpr double kPoints[kSide - 1] = {0, 1, -1, 2, -2};
constexpr double kFactors[kSide - 1] = {1. / 4, -1. / 6, -1. / 6, 1. / 24, 1. / 24};

double weight_of(int point, int tap, int taps) {
  if (point == kSide - 1) return tap == taps - 1 ? 1 : 0;
  double power = kFactors[point];
  for (int i = 0; i < tap; ++i) power *= kPoints[point];
  return power;
}

// In double, because the transform is no small part of what Winograd's way costs in accuracy.
template <int kTaps>
FOR_AVX512 void pack_windows(const float* weights, const WinogradShape& shape, float* packed) {
  constexpr int kGroup = kWinogradGroup;
  double factors[kSide][kTaps];
  for (int i = 0; i < kSide; ++i)
    for (int tap = 0; tap < kTaps; ++tap) factors[i][tap] = weight_of(i, tap, kTaps);
  for (int first = 0; first < shape.outputs; first += kGroup) {
    const int lanes = std::min(kGroup, shape.outputs - first);
    for (int input = 0; input < shape.inputs; ++input) {
      double window[kTaps * kTaps][kGroup] = {}, half[kSide][kTaps][kGroup];
      for (int lane = 0; lane < lanes; ++lane) {
        const float* from = weights + (int64_t{first + lane} * shape.inputs + input) * kTaps * kTaps;
        for (int i = 0; i < kTaps * kTaps; ++i) window[i][lane] = from[i];
      }
      for (int i = 0; i < kSide; ++i) {
        for (int x = 0; x < kTaps; ++x) {
          for (int lane = 0; lane < kGroup; ++lane) {
            double sum = 0;
            for (int y = 0; y < kTaps; ++y) sum += factors[i][y] * window[y * kTaps + x][lane];
            half[i][x][lane] = sum;
          }
        }
      }
      for (int i = 0; i < kSide; ++i) {
        for (int j = 0; j < kSide; ++j) {
          float* point = packed + (int64_t{i * kSide + j} * shape.inputs + input) * kGroup;
          for (int lane = 0; lane < kGroup; ++lane) {
            double sum = 0;
            for (int x = 0; x < kTaps; ++x) sum += half[i][x][lane] * factors[j][x];
            point[lane] = static_cast<float>(sum);
          }
        }
      }
    }
    packed += int64_t{kWinogradPoints} * shape.inputs * kGroup;
  }
}

}  // namespace

void pack_winograd(const float* weights, const WinogradShape& shape, float* packed) {
  (shape.window == 3 ? pack_windows<3> : pack_windows<5>)(weights, shape, packed);
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

// Six points → `kTile` numbers in a row of the output.
template <int kTile>
INLINED_AVX512 void from_points(const __m512* p, int step, __m512* y, int y_step) {
  const __m512 two = _mm512_set1_ps(2), four = _mm512_set1_ps(4), eight = _mm512_set1_ps(8);
  const __m512 sum1 = _mm512_add_ps(p[step], p[2 * step]), difference1 = _mm512_sub_ps(p[step], p[2 * step]);
  const __m512 sum2 = _mm512_add_ps(p[3 * step], p[4 * step]);
  const __m512 difference2 = _mm512_sub_ps(p[3 * step], p[4 * step]);
  y[0] = _mm512_add_ps(p[0], _mm512_add_ps(sum1, sum2));
  y[y_step] = _mm512_fmadd_ps(two, difference2, difference1);
  if constexpr (kTile == 4) {
    y[2 * y_step] = _mm512_fmadd_ps(four, sum2, sum1);
    y[3 * y_step] = _mm512_fmadd_ps(eight, difference2, difference1);
  }
  __m512& last = y[(kTile - 1) * y_step];
  last = _mm512_add_ps(last, p[5 * step]);
}

// 16 channels of one tile, whose points are `point_floats` apart.
FOR_AVX512 void transform_tile(const WinogradInput& w, int tile, int channel, float* out,
                               int64_t point_floats) {
  const __mmask16 lanes = first_lanes(w.shape.inputs - channel);
  const int side = w.shape.tile(), padding = w.shape.window / 2;
  const int top = tile / w.tiles_across * side - padding, left = tile % w.tiles_across * side - padding;
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

// 16 channels of tiles [0, count) of a block: the points of the sums are `count` tiles apart.
template <int kTile>
FOR_AVX512 void finish_tiles(const WinogradProduct& w, const float* sums, int count, int first_tile,
                             int channel) {
  Convolution to = {};
  to.bias = w.bias;
  to.outputs = w.shape.outputs;
  to.relu = w.relu;
  const Finish finish = finish_of(to, channel);
  const int64_t point_floats = int64_t{count} * kWinogradGroup;
  for (int tile = first_tile; tile < first_tile + count; ++tile, sums += kWinogradGroup) {
    __m512 half[kSide * kTile];
    for (int x = 0; x < kSide; ++x) {
      __m512 column[kSide];
#pragma GCC unroll 6
      for (int y = 0; y < kSide; ++y) {
        const float* point = sums + (y * kSide + x) * point_floats;
        column[y] = _mm512_load_ps(point);
        _mm_prefetch(point + kWinogradGroup, _MM_HINT_T0);
      }
      from_points<kTile>(column, 1, half + x, kSide);
    }
    const int top = tile / w.tiles_across * kTile, left = tile % w.tiles_across * kTile;
    const int rows = std::min(kTile, w.size.height - top), columns = std::min(kTile, w.size.width - left);
    for (int y = 0; y < rows; ++y) {
      __m512 numbers[kTile];
      from_points<kTile>(half + y * kSide, 1, numbers, 1);
      std::byte* row = w.output.first + (top + y) * w.output.row + left * w.output.pixel;
      for (int x = 0; x < columns; ++x)
        store<Number::kFloat>(finish, numbers[x], row + x * w.output.pixel + channel * sizeof(float));
    }
  }
}

// One point of `count` tiles, which are `point_floats` from the same of the next point, and a group: a
// product of matrices, into sums [count][group].
void multiply_point(const float* tiles, int inputs, const float* weights, int count, bool has_next,
                    float* sums) {
  alignas(64) static constexpr float kNoBias[kWinogradGroup] = {};
  static constexpr int64_t kRow = 0;
  const int64_t weight_floats = int64_t{inputs} * kWinogradGroup;
  // Of about one length: a short one at the end would use few registers.
  constexpr int kMostRuns = kBlock / kWinogradLongest;
  Run runs[kMostRuns];
  const int run_count = (count + kWinogradLongest - 1) / kWinogradLongest;
  for (int i = 0; i < run_count; ++i) {
    const int first = count * i / run_count;
    runs[i] = {first, first, count * (i + 1) / run_count - first, 0};
  }
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
      .output_stride = kWinogradGroup * sizeof(float),
      .outputs = kWinogradGroup,
      .relu = false,
      .ahead = has_next ? reinterpret_cast<const std::byte*>(weights + weight_floats) : nullptr,
      .ahead_bytes = weight_floats * static_cast<int64_t>(sizeof(float))};
  kConvAvx512Float.to[0](product, runs, run_count, 0, 1);
}

}  // namespace

void transform_input(const WinogradInput& input, int first_tile, int last_tile) {
  const int inputs = input.shape.inputs;
  const int64_t point_floats = int64_t{last_tile - first_tile} * inputs;
  for (int tile = first_tile; tile < last_tile; ++tile) {
    float* out = input.transformed + int64_t{tile - first_tile} * inputs;
    for (int c = 0; c < inputs; c += kLanes) transform_tile(input, tile, c, out + c, point_floats);
  }
}

FOR_AVX512 void multiply_winograd(const WinogradProduct& w, int first_group, int last_group, int first_tile,
                                  int last_tile) {
  alignas(64) float sums[kWinogradPoints * kBlock * kWinogradGroup];
  const int inputs = w.shape.inputs;
  const int64_t point_weights = int64_t{inputs} * kWinogradGroup;
  const int64_t point_tiles = int64_t{last_tile - first_tile} * inputs;
  const int tiles = last_tile - first_tile, blocks = (tiles + kBlock - 1) / kBlock;
  for (int group = first_group; group < last_group; ++group) {
    const float* weights = w.weights + group * kWinogradPoints * point_weights;
    for (int block = 0; block < blocks; ++block) {
      const int first = tiles * block / blocks, count = tiles * (block + 1) / blocks - first;
      for (int point = 0; point < kWinogradPoints; ++point) {
        const bool has_next = block == 0 && (point + 1 < kWinogradPoints || group + 1 < last_group);
        multiply_point(w.transformed + point * point_tiles + int64_t{first} * inputs, inputs,
                       weights + point * point_weights, count, has_next,
                       sums + int64_t{point} * count * kWinogradGroup);
      }
      for (int half = 0; half < kWinogradGroup; half += kLanes) {
        const int channel = group * kWinogradGroup + half;
        if (channel >= w.shape.outputs) break;
        (w.shape.window == 3 ? finish_tiles<4> : finish_tiles<2>)(w, sums + half, count, first_tile + first,
                                                                  channel);
      }
    }
  }
}
#else
// Other processors have no tier, so nobody calls these.
void pack_winograd(const float*, const WinogradShape&, float*) {
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
