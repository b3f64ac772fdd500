#pragma once

#include <string>
#include <vector>

#include "binding/options.h"
#include "weights/state_dict.h"

namespace googlenet::binding {

using namespace weights;

std::vector<TensorSpan> read_spans(const Options& options, const char* name);

// Copies of what a caller passed in, made on the JavaScript thread: the caller may change, transfer or detach
// its arrays at once.
torch::Tensor copy_images(const Options& options);  // float [n, 3, h, w] or bytes [n, h, w, 3]
torch::Tensor copy_floats(const Options& options, const char* name, const std::vector<int64_t>& shape);
torch::Tensor copy_labels(const Options& options, int64_t count, int64_t num_classes);

const char* dtype_name(c10::ScalarType dtype);

}  // namespace googlenet::binding
