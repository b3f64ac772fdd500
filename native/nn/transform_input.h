#pragma once

#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

namespace googlenet::nn {

// Images normalized with ImageNet's mean and standard deviation → normalized with 0.5 and 0.5, with which
// torchvision's weights were first trained. Scales and shifts each channel.
class TransformInputImpl : public torch::nn::Module {
 public:
  torch::Tensor forward(const torch::Tensor& x);
};
TORCH_MODULE(TransformInput);

}  // namespace googlenet::nn
