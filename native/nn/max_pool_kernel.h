#pragma once

#include <cstdint>

namespace googlenet {

// Maxima of 3×3 windows over [batch, channels, height, width]. Stride 1 pads by one and keeps height and width;
// stride 2 halves them, as `ceil_mode` without padding does.
struct PoolShape {
  int64_t batch;
  int64_t channels;
  int64_t height;
  int64_t width;
  int64_t stride;

  int64_t padding() const { return stride == 1 ? 1 : 0; }
  int64_t out_height() const { return height / stride; }
  int64_t out_width() const { return width / stride; }
};

// How the numbers lie in memory: [n, h, w, c] or [n, c, h, w].
enum class PoolLayout { kChannelsLast, kPlanes };

// One source is compiled for each of these.
enum class InstructionSet { kPortable, kAvx2, kAvx512 };

bool is_supported(InstructionSet set);

// `Number` is float, or uint16_t for the bits of a bfloat16.
//
// A tap is the place of the maximum in its window, 0 to 8 by rows. Outputs, taps and gradients are ATen's bit for
// bit: the first of equal maxima wins, the last NaN wins over all numbers, and gradients that meet are added
// in the order of their windows and rounded after each addition. Only a bfloat16 NaN keeps its bits in the
// output; those that ATen writes depend on the layout and the instruction set.

template <typename Number>
struct PoolForward {
  PoolShape shape;
  PoolLayout layout;
  const Number* input;
  Number* output;
  uint8_t* taps;  // as many as outputs; null where no gradient will be asked for

  void run(InstructionSet set) const;
};

template <typename Number>
struct PoolBackward {
  PoolShape shape;
  PoolLayout layout;
  const Number* grad_output;
  const uint8_t* taps;
  Number* grad_input;  // may hold anything: each number is written once

  void run(InstructionSet set) const;
};

}  // namespace googlenet
