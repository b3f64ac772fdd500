#pragma once

#include <algorithm>
#include <cstring>

#include "kernels/conv.h"

// What Winograd's ways share. Loops over vectors are inlined into the functions of each tier, and so compiled
// for its instructions.
#define INLINED inline __attribute__((always_inline))

namespace googlenet::kernels {

// Of `side` points, the last is infinity. The window's transform has the powers of the others, each times its
// factor.
inline double weight_of(int point, int side, int tap, int taps) {
  constexpr double kFinite[] = {0, 1, -1, 2, -2, 0.5};
  if (point == side - 1) return tap == taps - 1 ? 1 : 0;
  double weight = 1;
  for (int i = 0; i < tap; ++i) weight *= kFinite[point];
  for (int other = 0; other < side - 1; ++other)
    if (other != point) weight /= kFinite[point] - kFinite[other];
  return weight;
}

// Channels side by side, of which most operations below take one vector.
template <int kLanes>
struct Floats {
  typedef float Vector __attribute__((vector_size(kLanes * sizeof(float))));
};
template <>
struct Floats<1> {
  typedef float Vector;
};

// Numbers in a row of the input → as many points.
template <int kSide, typename Vector>
INLINED void to_points(const Vector* x, Vector* points, int step) {
  if constexpr (kSide == 4) {
    points[0] = x[2] - x[0];
    points[step] = x[2] + x[1];
    points[2 * step] = x[2] - x[1];
    points[3 * step] = x[3] - x[1];
  } else if constexpr (kSide == 6) {
    const Vector even = x[4] - 4 * x[2], odd = x[3] - 4 * x[1];
    const Vector even2 = x[4] - x[2], odd2 = 2 * (x[3] - x[1]);
    points[0] = 4 * x[0] + (x[4] - 5 * x[2]);
    points[step] = even + odd;
    points[2 * step] = even - odd;
    points[3 * step] = even2 + odd2;
    points[4 * step] = even2 - odd2;
    points[5 * step] = 4 * x[1] + (x[5] - 5 * x[3]);
  } else {
    // One half, in front of infinity, is one factor more for each of the others.
    Vector rest[6];
#pragma GCC unroll 6
    for (int i = 0; i < 6; ++i) rest[i] = x[i + 1] - 0.5f * x[i];
    to_points<6>(rest, points, step);
    points[6 * step] = points[5 * step];
    points[5 * step] = 4 * x[1] + (x[5] - 5 * x[3]);
  }
}

// Points → `kCount` numbers in a row of the output.
template <int kSide, int kCount, typename Vector>
INLINED void from_points(const Vector* p, Vector* y, int step) {
  const Vector sum1 = p[1] + p[2], difference1 = p[1] - p[2];
  if constexpr (kSide == 4) {
    y[0] = p[0] + sum1;
    y[step] = difference1;
  } else {
    const Vector sum2 = p[3] + p[4], difference2 = p[3] - p[4];
    y[0] = p[0] + (sum1 + sum2);
    y[step] = 2 * difference2 + difference1;
    if constexpr (kCount == 4) {
      y[2 * step] = 4 * sum2 + sum1;
      y[3 * step] = 8 * difference2 + difference1;
    }
  }
  if constexpr (kSide == 7) {
    y[0] += p[5];
    y[step] += 0.5f * p[5];
    y[2 * step] += 0.25f * p[5];
    y[3 * step] += 0.125f * p[5];
  }
  y[(kCount - 1) * step] += p[kSide - 1];
}

// About equal parts of `count` tiles: a short run at the end would use few registers. Returns how many.
template <int kMost>
int even_runs(int count, int longest, Run (&runs)[kMost]) {
  const int parts = (count + longest - 1) / longest;
  for (int i = 0; i < parts; ++i) {
    const int first = count * i / parts;
    runs[i] = {first, first, count * (i + 1) / parts - first, 0};
  }
  return parts;
}

// What is left for a vector of output channels, of which the last may not be there.
template <int kLanes>
struct Finished {
  using Vector = typename Floats<kLanes>::Vector;

  INLINED Finished(const float* biases, int channels_left, bool relu)
      : channels(std::min(kLanes, channels_left)), floor(Vector{} + (relu ? 0.f : -__builtin_inff())) {
    std::memcpy(&bias, biases, static_cast<size_t>(channels) * sizeof(float));
  }
  INLINED void store(Vector numbers, std::byte* out) const {
    // In this order NaNs stay: they are not below anything.
    numbers += bias;
    numbers = numbers < floor ? floor : numbers;
    if (channels == kLanes) {
      std::memcpy(out, &numbers, sizeof(Vector));
    } else {
      std::memcpy(out, &numbers, static_cast<size_t>(channels) * sizeof(float));
    }
  }

  int channels;
  Vector bias = {}, floor;
};

}  // namespace googlenet::kernels
