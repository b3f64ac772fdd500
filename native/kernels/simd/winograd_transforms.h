#pragma once

#include "kernels/convolution.h"
#include "kernels/simd/elements.h"

namespace googlenet::kernels {

namespace {

// What both Winograd convolutions share: the transforms along one row or column, for points 0, 1, −1, 2, −2,
// ½ and infinity.

template <int kLanes>
using FloatVector = typename VectorOf<float, kLanes>::Vector;

// Of `points` points, the last is infinity. A kernel's transform has the powers of the others, each times its
// factor.
ALWAYS_INLINE double transform_weight(int point, int points, int tap, int taps) {
  constexpr double kFinite[] = {0, 1, -1, 2, -2, 0.5};
  if (point == points - 1) return tap == taps - 1 ? 1 : 0;
  double weight = 1;
  for (int i = 0; i < tap; ++i) weight *= kFinite[point];
  for (int other = 0; other < points - 1; ++other)
    if (other != point) weight /= kFinite[point] - kFinite[other];
  return weight;
}

// Values in a row of the input → as many points.
template <int kPoints, typename Vector>
ALWAYS_INLINE void to_points(const Vector* x, Vector* points, int step) {
  if constexpr (kPoints == 4) {
    points[0] = x[2] - x[0];
    points[step] = x[2] + x[1];
    points[2 * step] = x[2] - x[1];
    points[3 * step] = x[3] - x[1];
  } else if constexpr (kPoints == 6) {
    const Vector even = x[4] - 4 * x[2], odd = x[3] - 4 * x[1];
    const Vector even2 = x[4] - x[2], odd2 = 2 * (x[3] - x[1]);
    points[0] = 4 * x[0] + (x[4] - 5 * x[2]);
    points[step] = even + odd;
    points[2 * step] = even - odd;
    points[3 * step] = even2 + odd2;
    points[4 * step] = even2 - odd2;
    points[5 * step] = 4 * x[1] + (x[5] - 5 * x[3]);
  } else {
    // One half, before infinity, is one factor more for each of the others.
    Vector rest[6];
#pragma GCC unroll 6
    for (int i = 0; i < 6; ++i) rest[i] = x[i + 1] - 0.5f * x[i];
    to_points<6>(rest, points, step);
    points[6 * step] = points[5 * step];
    points[5 * step] = 4 * x[1] + (x[5] - 5 * x[3]);
  }
}

// Points → `kValues` values in a row of the output.
template <int kPoints, int kValues, typename Vector>
ALWAYS_INLINE void from_points(const Vector* p, Vector* y, int step) {
  const Vector sum1 = p[1] + p[2], difference1 = p[1] - p[2];
  if constexpr (kPoints == 4) {
    y[0] = p[0] + sum1;
    y[step] = difference1;
  } else {
    const Vector sum2 = p[3] + p[4], difference2 = p[3] - p[4];
    y[0] = p[0] + (sum1 + sum2);
    y[step] = 2 * difference2 + difference1;
    if constexpr (kValues == 4) {
      y[2 * step] = 4 * sum2 + sum1;
      y[3 * step] = 8 * difference2 + difference1;
    }
  }
  if constexpr (kPoints == 7) {
    y[0] += p[5];
    y[step] += 0.5f * p[5];
    y[2 * step] += 0.25f * p[5];
    y[3 * step] += 0.125f * p[5];
  }
  y[(kValues - 1) * step] += p[kPoints - 1];
}

// Cuts `count` Winograd tiles into row tiles of about equal size: a short one at the end would use few
// registers. Returns how many.
template <int kMost>
ALWAYS_INLINE int even_row_tiles(int count, int max_pixels, RowTile (&row_tiles)[kMost]) {
  const int parts = (count + max_pixels - 1) / max_pixels;
  for (int i = 0; i < parts; ++i) {
    const int first = count * i / parts, size = count * (i + 1) / parts - first;
    row_tiles[i] = {first, first, size, (1u << size) - 1};
  }
  return parts;
}

// Adds bias and ReLU to a vector of output channels, of which the last may not exist.
template <int kLanes>
struct VectorEpilogue {
  using Vector = FloatVector<kLanes>;

  ALWAYS_INLINE VectorEpilogue(const float* biases, int channels_left, bool relu)
      : channels(min(kLanes, channels_left)), floor(Vector{} + (relu ? 0.f : -__builtin_inff())) {
    __builtin_memcpy(&bias, biases, static_cast<size_t>(channels) * sizeof(float));
  }
  ALWAYS_INLINE void store(Vector values, std::byte* out) const {
    // This comparison keeps NaN, which is not below anything.
    values += bias;
    values = values < floor ? floor : values;
    if (channels == kLanes) {
      __builtin_memcpy(out, &values, sizeof(Vector));
    } else {
      __builtin_memcpy(out, &values, static_cast<size_t>(channels) * sizeof(float));
    }
  }

  int channels;
  Vector bias = {}, floor;
};

}  // namespace

}  // namespace googlenet::kernels
