#pragma once

#include <array>
#include <cstdint>
#include <limits>

namespace googlenet::nn {

// The arithmetic of 3×3 max-pooling on rows of elements that are neighbors in memory: the channels of a
// pixel, or a whole plane. `T` is float, or uint16_t for the bits of a bfloat16. An argmax is the index of an
// input in its kernel, 0 to 8 row by row.

constexpr int kKernelElements = 9;
// No input gets the gradient of this output.
constexpr uint8_t kNoArgmax = kKernelElements;

// Rows are computed in blocks of this length, which compilers unroll. Row lengths from here on, multiples or
// not, are equally fast.
constexpr int64_t kBlock = 64;

template <typename T>
inline constexpr T kMinusInfinity = -std::numeric_limits<float>::infinity();
template <>
inline constexpr uint16_t kMinusInfinity<uint16_t> = 0xff80;

// output[i] = the maximum of in[0][i] to in[8][i]: the first of equal elements, the last NaN if there are
// any. If none is above `floor`, the output is in[0][i], or the floor if that is greater, and the argmax is
// fallback[i].
template <typename T>
struct MaximaRow {
  std::array<const T*, kKernelElements> in;
  float floor;
  const uint8_t* fallback;
  int64_t count;
  T* output;
  uint8_t* argmax;  // null if no gradient will be needed
};

// grad_input[i] = the sum of the grads[o][i] whose argmax[o][i] is own_index[o], in the order of o, rounded
// to T after each addition.
template <typename T>
struct GradientRow {
  int outputs;  // 1, 2, 4 or 9
  std::array<const T*, kKernelElements> grads;
  std::array<const uint8_t*, kKernelElements> argmax;
  std::array<uint8_t, kKernelElements> own_index;
  int64_t count;
  T* grad_input;
};

// The same source is compiled for each of these.
enum class InstructionSet { kBaseline, kAvx2, kAvx512 };

bool is_supported(InstructionSet set);

template <typename T>
struct RowFunctions {
  void (*maxima)(const MaximaRow<T>&);
  void (*sums)(const GradientRow<T>&);
};

template <typename T>
RowFunctions<T> row_functions(InstructionSet set);

}  // namespace googlenet::nn
