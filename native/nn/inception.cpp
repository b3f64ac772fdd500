#include "nn/inception.h"

#include <torch/nn/modules/activation.h>
#include <torch/types.h>

#include "nn/chain.h"
#include "nn/layers.h"
#include "nn/max_pool.h"

namespace googlenet::nn {

namespace {

using torch::nn::AnyModule;
using torch::nn::ReLU;

// Keeps height and width.
Chain conv_relu(int64_t in, int64_t out, int64_t kernel_size) {
  return Chain(Conv2d(Conv2dOptions{in, out, kernel_size, /*stride=*/1, /*padding=*/kernel_size / 2}),
               ReLU(/*inplace=*/true));
}

// With a 1×1 reduction before it.
Chain reduce_conv(int64_t in, int64_t reduced, int64_t out, int64_t kernel_size) {
  Chain layers = conv_relu(in, reduced, 1);
  layers->extend(*conv_relu(reduced, out, kernel_size));
  return layers;
}

Chain pool_conv(int64_t in, int64_t out) {
  return Chain(MaxPool2d(MaxPool2dOptions{/*stride=*/1}), Conv2d(Conv2dOptions{in, out, 1}), ReLU(true));
}

}  // namespace

InceptionModuleImpl::InceptionModuleImpl(std::vector<AnyModule> branches) : branches_(std::move(branches)) {
  for (size_t i = 0; i < branches_.size(); ++i)
    register_module("branch" + std::to_string(i + 1), branches_[i].ptr());
}

torch::Tensor InceptionModuleImpl::forward(const torch::Tensor& input) {
  return forward_with_last_branch(input).output;
}

InceptionModuleImpl::Outputs InceptionModuleImpl::forward_with_last_branch(const torch::Tensor& input) {
  std::vector<torch::Tensor> outputs;
  for (AnyModule& branch : branches_) outputs.push_back(run(branch, input));
  return {torch::cat(outputs, 1), outputs.back()};
}

InceptionModule reduced_inception(const InceptionOptions& o) {
  return InceptionModule(std::vector<AnyModule>{
      AnyModule(conv_relu(o.in_channels, o.ch1x1, 1)),
      AnyModule(reduce_conv(o.in_channels, o.ch3x3_reduce, o.ch3x3, 3)),
      AnyModule(reduce_conv(o.in_channels, o.ch5x5_reduce, o.ch5x5, 5)),
      AnyModule(pool_conv(o.in_channels, o.pool_proj)),
  });
}

InceptionModule naive_inception(const NaiveInceptionOptions& o) {
  return InceptionModule(std::vector<AnyModule>{
      AnyModule(conv_relu(o.in_channels, o.ch1x1, 1)),
      AnyModule(conv_relu(o.in_channels, o.ch3x3, 3)),
      AnyModule(conv_relu(o.in_channels, o.ch5x5, 5)),
      AnyModule(MaxPool2d(MaxPool2dOptions{/*stride=*/1})),
  });
}

}  // namespace googlenet::nn
