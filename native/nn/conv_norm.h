#pragma once

#include <torch/nn/module.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/pimpl.h>

#include "nn/layers.h"

namespace googlenet::nn {

// torchvision's BasicConv2d, with its names: convolution without bias, BatchNorm, ReLU.
class ConvNormImpl : public torch::nn::Module {
 public:
  explicit ConvNormImpl(Conv2dOptions options);
  torch::Tensor forward(const torch::Tensor& input);

 private:
  Conv2d conv;
  torch::nn::BatchNorm2d bn;
};
TORCH_MODULE(ConvNorm);

}  // namespace googlenet::nn
