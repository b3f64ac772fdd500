#pragma once

#include <ATen/core/Generator.h>
#include <torch/nn/module.h>

namespace googlenet::nn {

enum class InitMethod {
  kNone,     // leaves the numbers as they are, for a model that is about to load a file
  kDefault,  // reset_parameters() of torch.nn.Conv2d and torch.nn.Linear
  kXavier,   // the default draws, then xavier_uniform_ weights and zero biases, as a Python class does it
  // The default draws, then normal weights of standard deviation 0.01, cut off at ±2, as torchvision's
  // GoogLeNet does it; biases stay as they are.
  kTruncatedNormal,
};

// Draws every convolution and linear layer below `root` in registration order.
void initialize(torch::nn::Module& root, InitMethod method, const at::Generator& generator);

}  // namespace googlenet::nn
