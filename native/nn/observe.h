#pragma once

#include <torch/nn/module.h>

#include <functional>

namespace googlenet::nn {

// While this exists, `note` is called with the output of every module in the forward passes of this thread.
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

// Returns `output`, after showing it to the observer of this thread, if there is one.
torch::Tensor observed(const torch::nn::Module& module, torch::Tensor output);

}  // namespace googlenet::nn
