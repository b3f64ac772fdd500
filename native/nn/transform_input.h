#pragma once

#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

namespace googlenet::nn {

// Pictures normalised by ImageNet's mean and standard deviation → by 0.5 and 0.5, which torchvision's weights
// were first trained with. Each channel by itself, linearly.
class TransformInputImpl : public torch::nn::Module {
 public:
  torch::Tensor forward(const torch::Tensor& x);
};
TORCH_MODULE(TransformInput);

}  // namespace googlenet::nn
