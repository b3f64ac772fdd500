#include "train/ema.h"

#include <torch/types.h>

#include <utility>

namespace googlenet::train {

using weights::NamedTensor;

Ema::Ema(std::vector<NamedTensor> parameters, double decay)
    : parameters_(std::move(parameters)), decay_(decay) {}

void Ema::prepare() {
  const torch::NoGradGuard no_grad;
  if (exists() || !first_.empty()) return;
  std::vector<torch::Tensor> fresh;
  for (const auto& [name, tensor] : parameters_) fresh.push_back(torch::empty_like(tensor));
  first_ = std::move(fresh);
}

void Ema::update() {
  const torch::NoGradGuard no_grad;
  if (!exists()) {
    prepare();
    for (size_t i = 0; i < first_.size(); ++i) first_[i].copy_(parameters_[i].tensor);
    average_ = std::exchange(first_, {});
    return;
  }
  for (size_t i = 0; i < average_.size(); ++i) average_[i].lerp_(parameters_[i].tensor, 1 - decay_);
}

std::vector<NamedTensor> Ema::tensors() const {
  if (!exists()) return parameters_;
  std::vector<NamedTensor> named;
  for (size_t i = 0; i < average_.size(); ++i) named.push_back({parameters_[i].name, average_[i]});
  return named;
}

std::vector<NamedTensor> Ema::new_tensors() const {
  const torch::NoGradGuard no_grad;
  std::vector<NamedTensor> fresh;
  for (const auto& [name, tensor] : parameters_) fresh.push_back({name, torch::empty_like(tensor)});
  return fresh;
}

void Ema::set_tensors(const std::vector<NamedTensor>& tensors) {
  average_.clear();
  for (const NamedTensor& one : tensors) average_.push_back(one.tensor.detach());
}

void Ema::apply() {
  if (!exists()) return;
  const torch::NoGradGuard no_grad;
  for (size_t i = 0; i < average_.size(); ++i) parameters_[i].tensor.copy_(average_[i]);
}

EmaSwap::EmaSwap(Ema* ema) : ema_(ema != nullptr && ema->exists() ? ema : nullptr) {
  swap();
}

EmaSwap::~EmaSwap() {
  swap();
}

void EmaSwap::swap() {
  if (ema_ == nullptr) return;
  for (size_t i = 0; i < ema_->average_.size(); ++i) {
    torch::Tensor& parameter = ema_->parameters_[i].tensor;
    const torch::Tensor own = parameter.tensor_data();
    parameter.set_data(ema_->average_[i]);
    ema_->average_[i] = own;
  }
}

}  // namespace googlenet::train
