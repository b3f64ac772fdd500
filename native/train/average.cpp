#include "train/average.h"

#include <torch/types.h>

#include <utility>

namespace googlenet::train {

WeightAverage::WeightAverage(std::vector<NamedTensor> parameters, double decay)
    : parameters_(std::move(parameters)), decay_(decay) {}

void WeightAverage::prepare() {
  const torch::NoGradGuard no_grad;
  if (exists() || !first_.empty()) return;
  std::vector<torch::Tensor> fresh;
  for (const auto& [name, tensor] : parameters_) fresh.push_back(torch::empty_like(tensor));
  first_ = std::move(fresh);
}

void WeightAverage::update() {
  const torch::NoGradGuard no_grad;
  if (!exists()) {
    prepare();
    for (size_t i = 0; i < first_.size(); ++i) first_[i].copy_(parameters_[i].tensor);
    average_ = std::exchange(first_, {});
    return;
  }
  for (size_t i = 0; i < average_.size(); ++i) average_[i].lerp_(parameters_[i].tensor, 1 - decay_);
}

std::vector<NamedTensor> WeightAverage::tensors() const {
  if (!exists()) return parameters_;
  std::vector<NamedTensor> named;
  for (size_t i = 0; i < average_.size(); ++i) named.push_back({parameters_[i].name, average_[i]});
  return named;
}

std::vector<NamedTensor> WeightAverage::new_tensors() const {
  const torch::NoGradGuard no_grad;
  std::vector<NamedTensor> fresh;
  for (const auto& [name, tensor] : parameters_) fresh.push_back({name, torch::empty_like(tensor)});
  return fresh;
}

void WeightAverage::set_tensors(const std::vector<NamedTensor>& tensors) {
  average_.clear();
  for (const NamedTensor& one : tensors) average_.push_back(one.tensor.detach());
}

void WeightAverage::apply() {
  if (!exists()) return;
  const torch::NoGradGuard no_grad;
  for (size_t i = 0; i < average_.size(); ++i) parameters_[i].tensor.copy_(average_[i]);
}

AveragedWeights::AveragedWeights(WeightAverage* average)
    : average_(average != nullptr && average->exists() ? average : nullptr) {
  exchange();
}

AveragedWeights::~AveragedWeights() {
  exchange();
}

void AveragedWeights::exchange() {
  if (average_ == nullptr) return;
  for (size_t i = 0; i < average_->average_.size(); ++i) {
    torch::Tensor& parameter = average_->parameters_[i].tensor;
    const torch::Tensor own = parameter.tensor_data();
    parameter.set_data(average_->average_[i]);
    average_->average_[i] = own;
  }
}

}  // namespace googlenet::train
