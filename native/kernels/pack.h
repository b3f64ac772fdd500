#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/conv.h"

namespace googlenet::kernels {

// Weights as they stand in a model: [outputs][inputs][window][window], numbers of the kernel's type.
struct ConvWeights {
  const std::byte* numbers;
  int outputs;
  int inputs;
  int window;         // its side
  int stored_inputs;  // numbers of a pixel in memory: `inputs`, or more that are zero
};

// Chunks of the kernel in one row of a window.
int row_chunks(const ConvKernel& kernel, int window, int stored_inputs);
int groups(const ConvKernel& kernel, int outputs);
int64_t packed_bytes(const ConvKernel& kernel, const ConvWeights& weights);

// For each group of channels, row of the window and chunk: vectors of channels, in each of them the chunk's
// numbers, `interleave` of a channel beside each other. `packed` holds packed_bytes() and is overwritten.
void pack(const ConvKernel& kernel, const ConvWeights& weights, std::byte* packed);

}  // namespace googlenet::kernels
