#pragma once

#include <cstdint>

#include "nn/max_pool/rows.h"

namespace googlenet::nn {

// 3×3 max-pooling of [batch, channels, height, width]. Stride 1 pads by one and keeps height and width;
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

// The order of elements in memory: [n, h, w, c] or [n, c, h, w].
enum class PoolLayout { kChannelsLast, kPlanes };

// Both passes run on the intra-op threads. `T` is float, or uint16_t for the bits of a bfloat16. The results
// have ATen's bits, except NaNs: those among bfloat16 outputs keep their own bits, and sums of NaNs in float
// may differ, because ATen's bits depend on layout and instruction set.

template <typename T>
struct MaxPoolForward {
  PoolShape shape;
  PoolLayout layout;
  const T* input;
  T* output;
  uint8_t* argmax;  // one per output, see rows.h; null if no gradient will be needed
  bool relu;        // pools the ReLU of the input; only with stride 2

  void run(InstructionSet set) const;
};

template <typename T>
struct MaxPoolBackward {
  PoolShape shape;
  PoolLayout layout;
  const T* grad_output;
  const uint8_t* argmax;
  T* grad_input;  // every element is written, none is read before

  void run(InstructionSet set) const;
};

}  // namespace googlenet::nn
