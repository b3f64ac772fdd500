#include "nn/conv_norm.h"

#include <torch/types.h>

#include "nn/observe.h"

namespace googlenet::nn {

namespace {

constexpr double kEpsilon = 1e-3;  // torchvision's

Conv2dOptions without_bias(Conv2dOptions options) {
  options.bias = false;
  return options;
}

}  // namespace

ConvNormImpl::ConvNormImpl(Conv2dOptions options)
    : conv(without_bias(options)), bn(torch::nn::BatchNorm2dOptions(options.out_channels).eps(kEpsilon)) {
  register_module("conv", conv);
  register_module("bn", bn);
}

torch::Tensor ConvNormImpl::forward(const torch::Tensor& input) {
  const torch::Tensor x = observed(*conv, conv->forward(input));
  return observed(*bn, bn->forward(x)).relu_();
}

}  // namespace googlenet::nn
