#pragma once

#include <ATen/core/Generator.h>
#include <torch/nn/module.h>

namespace googlenet::nn {

enum class InitMethod {
  kNone,     // leaves memory uninitialized, for a model that is about to load a file
  kDefault,  // reset_parameters() of torch.nn.Conv2d and torch.nn.Linear
  kXavier,   // kDefault, then xavier_uniform_ weights and zero biases, as in a Python class
  // kDefault, then trunc_normal_ weights with standard deviation 0.01, as in torchvision's GoogLeNet; biases
  // stay.
  kTruncatedNormal,
};

// Initializes every convolution and linear layer below `root`, in registration order.
void initialize(torch::nn::Module& root, InitMethod method, const at::Generator& generator);

}  // namespace googlenet::nn
