#pragma once

#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

namespace googlenet::nn {

struct MaxPool2dOptions {
  int64_t stride;     // 1 pads by one and keeps height and width; 2 halves them (ceil mode)
  bool relu = false;  // a ReLU before pooling; only with stride 2
};

// torch::max_pool2d with 3×3 kernels, after torch::relu if options.relu. Bit-equal to it, but on the CPU
// float32 and bfloat16 use our own kernels (nn/max_pool/): they are faster, and for the backward pass they
// keep one byte per output, where libtorch keeps eight and the input. They have no second derivative and
// throw where it is needed.
class MaxPool2dImpl : public torch::nn::Module {
 public:
  explicit MaxPool2dImpl(const MaxPool2dOptions& options);
  torch::Tensor forward(const torch::Tensor& input);

  MaxPool2dOptions options;
};
TORCH_MODULE(MaxPool2d);

}  // namespace googlenet::nn
