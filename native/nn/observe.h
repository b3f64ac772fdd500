#pragma once

#include <torch/nn/module.h>

#include <functional>

namespace googlenet::nn {

// While it lives, it is told what every module has computed in the forward passes of its thread.
class Observer {
 public:
  using Note = std::function<void(const torch::nn::Module& module, const torch::Tensor& output)>;

  explicit Observer(Note note);
  ~Observer();
  Observer(const Observer&) = delete;
  Observer& operator=(const Observer&) = delete;

 private:
  friend torch::Tensor observed(const torch::nn::Module& module, torch::Tensor output);

  Note note_;
  Observer* outer_;
};

// A module's output, on its way to whoever called the module.
torch::Tensor observed(const torch::nn::Module& module, torch::Tensor output);

}  // namespace googlenet::nn
