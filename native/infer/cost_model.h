#pragma once

#include <cstdint>

#include "kernels/convolution.h"

namespace googlenet::infer {

// Estimates in nanoseconds of one core: they weigh operations against each other where a phase is cut into
// work items.

// Limited by multiply-adds or by reading the weights.
double conv_cost(const kernels::ConvKernel& kernel, double multiply_adds, int64_t weight_bytes);
// Memory that is written or read once.
double memory_cost(int64_t bytes);
// Each byte of the output comes from kernel_size × kernel_size bytes.
double pool_cost(int64_t output_bytes, int kernel_size);

// Whether threads split the weights of a convolution, so that each reads its own and all read the whole
// input; otherwise they split the pixels.
bool splits_weights(int64_t weight_bytes, int64_t input_bytes);

}  // namespace googlenet::infer
