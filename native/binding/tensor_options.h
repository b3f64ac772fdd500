#pragma once

#include <string>
#include <vector>

#include "binding/options.h"
#include "weights/state_dict.h"

namespace googlenet::binding {

// [{ name, dtype, shape, offset, bytes, strides? }, …]
std::vector<weights::TensorSpan> read_spans(const Options& options, const char* name);

// Copies of a caller's arrays, made on the JavaScript thread: the caller may change, transfer or detach them
// right after the call.
torch::Tensor copy_images(const Options& options);  // float32 [n, 3, h, w] or bytes [n, h, w, 3]
torch::Tensor copy_floats(const Options& options, const char* name, const std::vector<int64_t>& shape);
// int64 [count]. Throws INVALID_LABEL for a label outside [0, num_classes).
torch::Tensor copy_labels(const Options& options, int64_t count, int64_t num_classes);

// As in the safetensors format: F32, BF16, …
const char* dtype_name(c10::ScalarType dtype);

}  // namespace googlenet::binding
