#include "train/sgd.h"

#include <torch/types.h>

#include <algorithm>

#include "core/error.h"

namespace googlenet::train {

Sgd::Sgd(std::vector<NamedTensor> parameters, const std::vector<std::string>& head, const SgdOptions& options)
    : parameters_(std::move(parameters)), options_(options) {
  for (const NamedTensor& parameter : parameters_)
    in_head_.push_back(std::find(head.begin(), head.end(), parameter.name) != head.end());
}

void Sgd::zero_grad() {
  for (auto& parameter : parameters_) parameter.tensor.mutable_grad().reset();
}

void Sgd::step(const LearningRates& lr) {
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

void Sgd::step_one_by_one(std::vector<torch::Tensor>& buffers, bool is_first_step, const LearningRates& lr) {
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
    parameter.add_(update, -(in_head_[i] ? lr.head : lr.body));
  }
}

void Sgd::step_fused(std::vector<torch::Tensor>& buffers, bool is_first_step, const LearningRates& lr) {
  if (is_first_step)
    for (const NamedTensor& one : parameters_) buffers.push_back(torch::empty_like(one.tensor.grad()));
  step_fused_group(buffers, is_first_step, /*head=*/false, lr.body);
  step_fused_group(buffers, is_first_step, /*head=*/true, lr.head);
}

void Sgd::step_fused_group(const std::vector<torch::Tensor>& buffers, bool is_first_step, bool head,
                           double lr) {
  std::vector<torch::Tensor> parameters;
  std::vector<torch::Tensor> gradients;
  std::vector<torch::Tensor> momentum;
  for (size_t i = 0; i < parameters_.size(); ++i) {
    if (in_head_[i] != head) continue;
    parameters.push_back(parameters_[i].tensor);
    gradients.push_back(parameters_[i].tensor.grad());
    if (!buffers.empty()) momentum.push_back(buffers[i]);
  }
  if (parameters.empty()) return;
  at::_fused_sgd_(parameters, gradients, momentum, options_.weight_decay, options_.momentum, lr,
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
  std::vector<torch::Tensor> finite;
  for (const torch::Tensor& buffer : momentum_) finite.push_back(torch::isfinite(buffer).all());
  for (const NamedTensor& parameter : parameters_) finite.push_back(torch::isfinite(parameter.tensor).all());
  // Asked once: for each answer the host would wait for the device.
  return finite.empty() || torch::stack(finite).all().item<bool>();
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

}  // namespace googlenet::train
