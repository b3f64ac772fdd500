#pragma once

#include <torch/nn/modules/container/sequential.h>

namespace googlenet::nn {

// torch::nn::Sequential whose forward() is not a template, so that chains can be nested, and whose modules
// can be observed.
class ChainImpl : public torch::nn::SequentialImpl {
 public:
  using torch::nn::SequentialImpl::SequentialImpl;
  torch::Tensor forward(const torch::Tensor& input);
};

class Chain : public torch::nn::ModuleHolder<ChainImpl> {
 public:
  using torch::nn::ModuleHolder<ChainImpl>::ModuleHolder;
  Chain() = default;
  // Modules with names instead of indices.
  Chain(std::initializer_list<torch::nn::NamedAnyModule> modules)
      : ModuleHolder(std::make_shared<ChainImpl>(modules)) {}
};

// Runs a module and shows its output to the observer, if there is one.
torch::Tensor run(torch::nn::AnyModule& module, const torch::Tensor& input);

}  // namespace googlenet::nn
