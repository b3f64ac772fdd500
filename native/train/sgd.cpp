#include "train/sgd.h"

#include <ATen/ops/_fused_sgd.h>
#include <torch/types.h>

#include "core/error.h"

namespace googlenet {

Sgd::Sgd(std::vector<NamedTensor> parameters, const SgdOptions& options)
    : parameters_(std::move(parameters)), options_(options) {}

void Sgd::zero_grad() {
  for (auto& parameter : parameters_) parameter.tensor.mutable_grad().reset();
}

void Sgd::step(double lr) {
  const torch::NoGradGuard no_grad;
  std::vector<torch::Tensor> parameters;
  std::vector<torch::Tensor> gradients;
  for (const auto& [name, tensor] : parameters_) {
    parameters.push_back(tensor);
    gradients.push_back(tensor.grad());
  }
  // The first step sets a buffer to the gradient itself, without dampening.
  const bool is_first_step = options_.momentum != 0 && momentum_.empty();
  if (is_first_step) create_momentum_buffers();
  at::_fused_sgd_(parameters, gradients, momentum_, options_.weight_decay, options_.momentum, lr,
                  options_.dampening, options_.nesterov, /*maximize=*/false, is_first_step);
}

std::vector<NamedTensor> Sgd::momentum_buffers() const {
  std::vector<NamedTensor> buffers;
  for (size_t i = 0; i < momentum_.size(); ++i) buffers.push_back({parameters_[i].name, momentum_[i]});
  return buffers;
}

void Sgd::create_momentum_buffers() {
  momentum_.clear();
  for (const auto& parameter : parameters_) momentum_.push_back(torch::zeros_like(parameter.tensor).detach());
}

std::vector<NamedTensor> Sgd::gradients() const {
  std::vector<NamedTensor> gradients;
  for (const auto& [name, tensor] : parameters_) {
    if (!tensor.grad().defined())
      throw Error("INVALID_ARGUMENT", "There are no gradients before the first step.");
    gradients.push_back({name, tensor.grad()});
  }
  return gradients;
}

}  // namespace googlenet
