#include "nn/inception.h"

#include <torch/nn/modules/activation.h>
#include <torch/types.h>

#include "nn/layers.h"
#include "nn/max_pool.h"

namespace googlenet {

namespace {

using torch::nn::ReLU;
using torch::nn::Sequential;

Sequential conv_relu(int64_t in, int64_t out) {
  return Sequential(Conv2d(Conv2dOptions{in, out, 1}), ReLU(/*inplace=*/true));
}

// A 1×1 reduction in front of a convolution that keeps height and width.
Sequential reduce_conv(int64_t in, int64_t reduced, int64_t out, int64_t kernel_size) {
  return Sequential(
      Conv2d(Conv2dOptions{in, reduced, 1}), ReLU(true),
      Conv2d(Conv2dOptions{reduced, out, kernel_size, /*stride=*/1, /*padding=*/kernel_size / 2}),
      ReLU(true));
}

Sequential pool_conv(int64_t in, int64_t out) {
  return Sequential(MaxPool2d(MaxPool2dOptions{/*stride=*/1}), Conv2d(Conv2dOptions{in, out, 1}), ReLU(true));
}

}  // namespace

InceptionModuleImpl::InceptionModuleImpl(const InceptionOptions& o) {
  branch1 = register_module("branch1", conv_relu(o.in_channels, o.ch1x1));
  branch2 = register_module("branch2", reduce_conv(o.in_channels, o.ch3x3_reduce, o.ch3x3, 3));
  branch3 = register_module("branch3", reduce_conv(o.in_channels, o.ch5x5_reduce, o.ch5x5, 5));
  branch4 = register_module("branch4", pool_conv(o.in_channels, o.pool_proj));
}

torch::Tensor InceptionModuleImpl::forward(const torch::Tensor& input) {
  return torch::cat(
      {branch1->forward(input), branch2->forward(input), branch3->forward(input), branch4->forward(input)},
      1);
}

}  // namespace googlenet
