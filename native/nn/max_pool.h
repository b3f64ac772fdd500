#pragma once

#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

namespace googlenet {

// torch::max_pool2d of 3×3 windows: stride 1 with padding keeps height and width, stride 2 halves them (ceil mode).
// The same bits, but on the CPU in float and bfloat16 by kernels of our own, which are several times as fast and
// keep one byte for each output until the backward pass where libtorch keeps eight. They have no second
// derivative; asking for it is an error.
class MaxPool2dImpl : public torch::nn::Module {
 public:
  explicit MaxPool2dImpl(int64_t stride) : stride_(stride) {}
  torch::Tensor forward(const torch::Tensor& input);

 private:
  int64_t stride_;
};
TORCH_MODULE(MaxPool2d);

}  // namespace googlenet
