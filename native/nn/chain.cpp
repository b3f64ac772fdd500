#include "nn/chain.h"

#include "nn/observe.h"

namespace googlenet::nn {

torch::Tensor run(torch::nn::AnyModule& module, const torch::Tensor& input) {
  return observed(*module.ptr(), module.forward(input));
}

torch::Tensor ChainImpl::forward(const torch::Tensor& input) {
  torch::Tensor x = input;
  for (torch::nn::AnyModule& module : *this) x = run(module, x);
  return x;
}

}  // namespace googlenet::nn
