#pragma once

#include <torch/nn/modules/container/sequential.h>

namespace googlenet {

// torch::nn::Sequential with a forward() that is no template, so that it can stand inside others.
class ChainImpl : public torch::nn::SequentialImpl {
 public:
  using torch::nn::SequentialImpl::SequentialImpl;
  torch::Tensor forward(const torch::Tensor& input) { return SequentialImpl::forward(input); }
};

class Chain : public torch::nn::ModuleHolder<ChainImpl> {
 public:
  using torch::nn::ModuleHolder<ChainImpl>::ModuleHolder;
  Chain() = default;
  // Modules under names of their own.
  Chain(std::initializer_list<torch::nn::NamedAnyModule> modules)
      : ModuleHolder(std::make_shared<ChainImpl>(modules)) {}
};

}  // namespace googlenet
