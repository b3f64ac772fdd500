#include "nn/layers.h"

#include <torch/nn/functional/conv.h>
#include <torch/types.h>

namespace googlenet::nn {

Conv2dImpl::Conv2dImpl(const Conv2dOptions& options_) : options(options_) {
  const auto& o = options;
  weight = register_parameter(
      "weight", torch::empty({o.out_channels, o.in_channels / o.groups, o.kernel_size, o.kernel_size}));
  if (o.bias) bias = register_parameter("bias", torch::empty({o.out_channels}));
}

torch::Tensor Conv2dImpl::forward(const torch::Tensor& input) {
  const auto& o = options;
  return torch::conv2d(input, weight, bias, o.stride, o.padding, /*dilation=*/1, o.groups);
}

LinearImpl::LinearImpl(int64_t in_features, int64_t out_features) {
  weight = register_parameter("weight", torch::empty({out_features, in_features}));
  bias = register_parameter("bias", torch::empty({out_features}));
}

torch::Tensor LinearImpl::forward(const torch::Tensor& input) {
  return torch::linear(input, weight, bias);
}

torch::Tensor DropoutImpl::forward(const torch::Tensor& input) {
  if (!is_training() || p_ == 0) return input;
  if (p_ == 1) return input * torch::zeros_like(input);
  // The operations of at::dropout on the CPU, in the same order: equal generator states give equal bits.
  return input * torch::empty_like(input).bernoulli_(1 - p_, generator_).div_(1 - p_);
}

}  // namespace googlenet::nn
