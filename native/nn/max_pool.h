#pragma once

#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

namespace googlenet::nn {

struct MaxPool2dOptions {
  int64_t stride;     // 1 pads by one and keeps height and width; 2 halves them (ceil mode)
  bool relu = false;  // rectifies first; with stride 2 only
};

// torch::max_pool2d of 3×3 windows, after torch::relu if that is asked for. The same bits, but on the CPU in
// float and bfloat16 by kernels of our own: faster, and until the backward pass they keep one byte for each
// output and nothing else, where libtorch keeps eight and the input. They have no second derivative; asking
// for it is an error.
class MaxPool2dImpl : public torch::nn::Module {
 public:
  explicit MaxPool2dImpl(const MaxPool2dOptions& options);
  torch::Tensor forward(const torch::Tensor& input);

  MaxPool2dOptions options;
};
TORCH_MODULE(MaxPool2d);

}  // namespace googlenet::nn
