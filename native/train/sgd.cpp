#include "train/sgd.h"

#include <torch/types.h>

#include <algorithm>

#include "core/error.h"

namespace googlenet {

namespace {

std::vector<torch::Tensor> zeros_like(const std::vector<NamedTensor>& parameters) {
  const torch::NoGradGuard no_grad;
  std::vector<torch::Tensor> zeros;
  for (const auto& parameter : parameters) zeros.push_back(torch::zeros_like(parameter.tensor));
  return zeros;
}

}  // namespace

Sgd::Sgd(std::vector<NamedTensor> parameters, const SgdOptions& options)
    : parameters_(std::move(parameters)), options_(options) {}

void Sgd::zero_grad() {
  for (auto& parameter : parameters_) parameter.tensor.mutable_grad().reset();
}

void Sgd::step(double lr) {
  const torch::NoGradGuard no_grad;
  const bool is_first_step = options_.momentum != 0 && momentum_.empty();
  std::vector<torch::Tensor> buffers = is_first_step ? std::vector<torch::Tensor>() : momentum_;
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
  momentum_ = std::move(buffers);
}

std::vector<NamedTensor> Sgd::momentum_buffers() const {
  const auto buffers = momentum_.empty() ? zeros_like(parameters_) : momentum_;
  std::vector<NamedTensor> named;
  for (size_t i = 0; i < buffers.size(); ++i) named.push_back({parameters_[i].name, buffers[i]});
  return named;
}

void Sgd::create_momentum_buffers() {
  momentum_ = zeros_like(parameters_);
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
