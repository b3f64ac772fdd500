#include "train/sgd.h"

#include <torch/types.h>

#include <algorithm>

#include "core/error.h"

namespace googlenet {

Sgd::Sgd(std::vector<NamedTensor> parameters, const SgdOptions& options)
    : parameters_(std::move(parameters)), options_(options) {}

void Sgd::zero_grad() {
  for (auto& parameter : parameters_) parameter.tensor.mutable_grad().reset();
}

void Sgd::step(double lr) {
  const torch::NoGradGuard no_grad;
  const bool is_first_step = options_.momentum != 0 && momentum_.empty();
  std::vector<torch::Tensor> buffers = momentum_;
  if (options_.fused) {
    step_fused(buffers, is_first_step, lr);
  } else {
    step_one_by_one(buffers, is_first_step, lr);
  }
  momentum_ = std::move(buffers);
}

void Sgd::step_one_by_one(std::vector<torch::Tensor>& buffers, bool is_first_step, double lr) {
  for (size_t i = 0; i < parameters_.size(); ++i) {
    torch::Tensor parameter = parameters_[i].tensor;
    torch::Tensor update = parameter.grad();
    if (options_.weight_decay != 0) update = update.add(parameter, options_.weight_decay);
    if (options_.momentum != 0) {
      // The first step sets a buffer to the gradient itself, without dampening.
      if (is_first_step) {
        buffers.push_back(update.clone());
      } else {
        buffers[i].mul_(options_.momentum).add_(update, 1 - options_.dampening);
      }
      update = options_.nesterov ? update.add(buffers[i], options_.momentum) : buffers[i];
    }
    parameter.add_(update, -lr);
  }
}

void Sgd::step_fused(std::vector<torch::Tensor>& buffers, bool is_first_step, double lr) {
  std::vector<torch::Tensor> parameters;
  std::vector<torch::Tensor> gradients;
  for (const auto& [name, tensor] : parameters_) {
    parameters.push_back(tensor);
    gradients.push_back(tensor.grad());
    if (is_first_step) buffers.push_back(torch::empty_like(tensor.grad()));
  }
  at::_fused_sgd_(parameters, gradients, buffers, options_.weight_decay, options_.momentum, lr,
                  options_.dampening, options_.nesterov, /*maximize=*/false, is_first_step);
}

std::vector<NamedTensor> Sgd::momentum_buffers() const {
  if (momentum_.empty()) return new_momentum_buffers();
  std::vector<NamedTensor> named;
  for (size_t i = 0; i < momentum_.size(); ++i) named.push_back({parameters_[i].name, momentum_[i]});
  return named;
}

std::vector<NamedTensor> Sgd::new_momentum_buffers() const {
  const torch::NoGradGuard no_grad;
  std::vector<NamedTensor> zeros;
  for (const auto& [name, tensor] : parameters_) zeros.push_back({name, torch::zeros_like(tensor)});
  return zeros;
}

void Sgd::set_momentum_buffers(const std::vector<NamedTensor>& buffers) {
  momentum_.clear();
  for (const auto& buffer : buffers) momentum_.push_back(buffer.tensor);
}

bool Sgd::is_finite() const {
  const torch::NoGradGuard no_grad;
  const auto finite = [](const torch::Tensor& tensor) { return torch::isfinite(tensor).all().item<bool>(); };
  return std::all_of(momentum_.begin(), momentum_.end(), finite) &&
         std::all_of(parameters_.begin(), parameters_.end(),
                     [&](const NamedTensor& parameter) { return finite(parameter.tensor); });
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
