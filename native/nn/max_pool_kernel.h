#pragma once

#include <cstdint>

#include "nn/max_pool_rows.h"

namespace googlenet::nn {

// Maxima of 3×3 windows over [batch, channels, height, width]. Stride 1 pads by one and keeps height and
// width; stride 2 halves them, as `ceil_mode` without padding does.
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

// Outputs and gradients have ATen's bits, but for those of a NaN among bfloat16 outputs, which keeps its own,
// and of a sum of NaNs in float. ATen's depend on layout and instruction set.

template <typename Number>
struct PoolForward {
  PoolShape shape;
  PoolLayout layout;
  const Number* input;
  Number* output;
  uint8_t* taps;   // as many as outputs; null where no gradient will be asked for
  bool rectified;  // pools the ReLU of the input; with stride 2 only

  void run(InstructionSet set) const;
};

template <typename Number>
struct PoolBackward {
  PoolShape shape;
  PoolLayout layout;
  const Number* grad_output;
  const uint8_t* taps;
  Number* grad_input;  // each is written, so they may hold anything before

  void run(InstructionSet set) const;
};

}  // namespace googlenet::nn
