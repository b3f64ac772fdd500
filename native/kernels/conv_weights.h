#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/convolution.h"

namespace googlenet::kernels {

// The weights of a model, [outputs][inputs][kernel_size][kernel_size], in the type that a kernel multiplies.
struct ConvWeights {
  const std::byte* values;
  int outputs;
  int inputs;
  int kernel_size;
  int stored_inputs;  // elements of a pixel in memory: `inputs`, or more, which are zero
};

// Chunks of the kernel in one row of the kernel.
int row_chunks(const ConvKernel& kernel, int kernel_size, int stored_inputs);
// Blocks of output channels.
int block_count(const ConvKernel& kernel, int outputs);
int64_t packed_bytes(const ConvKernel& kernel, const ConvWeights& weights);

// Packs weights into the order in which a kernel reads them: [block][row of the kernel][chunk][vector of
// channels][channel], and within a chunk `interleave` values of a channel side by side. `packed` has
// packed_bytes() and is overwritten.
void pack(const ConvKernel& kernel, const ConvWeights& weights, std::byte* packed);

}  // namespace googlenet::kernels
