#pragma once

#include <ATen/core/Tensor.h>

namespace googlenet::core {

// A copy on a device of a tensor on the host; on the CPU the same tensor. Does not wait for the device: the
// copy reads page-locked memory later, in the order of the current stream.
at::Tensor upload(const at::Tensor& tensor, c10::Device device);

}  // namespace googlenet::core
