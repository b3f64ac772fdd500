#pragma once

#include <cstdint>

#include "nn/max_pool/kernel.h"

namespace googlenet::nn {

// One thread's part of a pass: how the loops of each memory layout hand rows of elements to rows.h.

// [n, h, w, c]: rows [begin, end) of all outputs (forward) or of all inputs (backward).
template <typename T>
void run_channels_last(const MaxPoolForward<T>& job, const RowFunctions<T>& functions, int64_t begin,
                       int64_t end);
template <typename T>
void run_channels_last(const MaxPoolBackward<T>& job, const RowFunctions<T>& functions, int64_t begin,
                       int64_t end);

// [n, c, h, w]: planes [begin, end) of all inputs.
template <typename T>
void run_planes(const MaxPoolForward<T>& job, const RowFunctions<T>& functions, int64_t begin, int64_t end);
template <typename T>
void run_planes(const MaxPoolBackward<T>& job, const RowFunctions<T>& functions, int64_t begin, int64_t end);

// With ReLU, elements that are not above zero become zero and get no gradient. Without it, nothing is below
// the floor.
template <typename T>
float floor_of(const MaxPoolForward<T>& job) {
  return job.relu ? 0 : -std::numeric_limits<float>::infinity();
}

// The argmax of an output whose inputs are not above the floor: none with ReLU, otherwise the first input
// that is not padding.
template <typename T>
uint8_t fallback_argmax(const MaxPoolForward<T>& job, int64_t out_row, int64_t out_column) {
  if (job.relu) return kNoArgmax;
  if (job.shape.padding() == 0) return 0;
  return (out_row == 0 ? 3 : 0) + (out_column == 0 ? 1 : 0);
}

}  // namespace googlenet::nn
