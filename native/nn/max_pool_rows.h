#pragma once

#include <array>
#include <cstdint>
#include <limits>

namespace googlenet::nn {

// The arithmetic of 3×3 max-pooling on windows that lie side by side in memory: along the channels of a
// pixel, or all over a plane. `Number` is float, or uint16_t for the bits of a bfloat16. A tap is the place
// of a number in its window, 0 to 8 by rows.

constexpr int kWindow = 9;
constexpr uint8_t kNoTap = kWindow;

// From this many windows at a time on, no count is worse than others.
constexpr int64_t kBlock = 64;

template <typename Number>
inline constexpr Number kMinusInfinity = -std::numeric_limits<float>::infinity();
template <>
inline constexpr uint16_t kMinusInfinity<uint16_t> = 0xff80;

// The maximum of in[0][i] to in[8][i] becomes output[i]: of equal numbers the first, of NaNs the last, which
// win over all numbers. Where nothing is above `floor`, the output is in[0][i], or the floor if that is
// greater, and the tap is otherwise[i].
template <typename Number>
struct Windows {
  std::array<const Number*, kWindow> in;
  float floor;
  const uint8_t* otherwise;
  int64_t count;
  Number* output;
  uint8_t* taps;  // null where no gradient will be asked for
};

// The sum, in this order, of the grads[w][i] whose taps[w][i] is wanted[w] becomes output[i]. It is rounded
// to a Number after each addition.
template <typename Number>
struct Gradients {
  int windows;  // 1, 2, 4 or 9
  std::array<const Number*, kWindow> grads;
  std::array<const uint8_t*, kWindow> taps;
  std::array<uint8_t, kWindow> wanted;
  int64_t count;
  Number* output;
};

// One source is compiled for each of these.
enum class InstructionSet { kPortable, kAvx2, kAvx512 };

bool is_supported(InstructionSet set);

template <typename Number>
struct PoolRows {
  void (*maxima)(const Windows<Number>&);
  void (*sums)(const Gradients<Number>&);
};

template <typename Number>
PoolRows<Number> pool_rows(InstructionSet set);

}  // namespace googlenet::nn
