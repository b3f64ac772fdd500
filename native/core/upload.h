#pragma once

#include <ATen/core/Tensor.h>

namespace googlenet::core {

// Numbers of the host on a device; on the CPU the same tensor. Waits for no work of the device: the copy
// reads page-locked memory later, in the order of the current stream.
at::Tensor upload(const at::Tensor& numbers, c10::Device device);

}  // namespace googlenet::core
