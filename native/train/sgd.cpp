#include "train/sgd.h"

#include <torch/types.h>

#include <algorithm>

#include "core/error.h"

namespace googlenet::train {

Sgd::Sgd(std::vector<weights::NamedTensor> parameters, const std::vector<std::string>& head,
         const SgdOptions& options)
    : parameters_(std::move(parameters)), options_(options) {
  for (const weights::NamedTensor& parameter : parameters_)
    in_head_.push_back(std::find(head.begin(), head.end(), parameter.name) != head.end());
}

void Sgd::zero_grad() {
  for (auto& parameter : parameters_) parameter.tensor.mutable_grad().reset();
}

void Sgd::step(const LearningRates& lr) {
  const torch::NoGradGuard no_grad;
  const bool is_first_step = options_.momentum != 0 && momentum_.empty();
  std::vector<torch::Tensor> buffers = momentum_;
  if (is_first_step)
    for (const weights::NamedTensor& one : parameters_)
      buffers.push_back(torch::empty_like(one.tensor.grad()));
  if (options_.fused) {
    step_fused(buffers, is_first_step, lr);
  } else {
    step_default(buffers, is_first_step, lr);
  }
  momentum_ = std::move(buffers);
}

namespace {

// One tensor of the shape of each of these; all share the memory of the largest.
std::vector<torch::Tensor> scratch_for(const std::vector<torch::Tensor>& tensors) {
  int64_t largest = 0;
  for (const torch::Tensor& tensor : tensors) largest = std::max(largest, tensor.numel());
  std::vector<torch::Tensor> scratch;
  if (tensors.empty()) return scratch;
  const torch::Tensor memory = torch::empty({largest}, tensors.front().options());
  for (const torch::Tensor& tensor : tensors) {
    const bool is_dense = tensor.is_non_overlapping_and_dense();
    const torch::Tensor part = memory.narrow(0, 0, tensor.numel());
    scratch.push_back(is_dense ? part.as_strided(tensor.sizes(), tensor.strides())
                               : part.view(tensor.sizes()));
  }
  return scratch;
}

}  // namespace

// Allocates all memory before it writes anything. If memory ran out in the middle, some parameters would have
// changed, and a caller that tries again would change them twice. That is why momentum is a tensor already:
// libtorch would allocate one for a number.
void Sgd::step_default(const std::vector<torch::Tensor>& buffers, bool is_first_step,
                       const LearningRates& lr) {
  std::vector<torch::Tensor> parameters, gradients;
  for (const weights::NamedTensor& one : parameters_) {
    parameters.push_back(one.tensor);
    gradients.push_back(one.tensor.grad());
  }
  const bool needs_scratch = options_.weight_decay != 0 || options_.nesterov;
  std::vector<torch::Tensor> scratch = needs_scratch ? scratch_for(gradients) : std::vector<torch::Tensor>();
  const torch::Tensor momentum = torch::full({}, options_.momentum, torch::kFloat);

  for (size_t i = 0; i < parameters.size(); ++i) {
    const torch::Tensor* update = &gradients[i];
    if (options_.weight_decay != 0)
      update = &at::add_out(scratch[i], *update, parameters[i], options_.weight_decay);
    if (options_.momentum != 0) {
      const torch::Tensor& buffer = buffers[i];
      // The first step sets a buffer to the gradient itself, without dampening.
      if (is_first_step) {
        buffer.copy_(*update);
      } else {
        buffer.mul_(momentum).add_(*update, 1 - options_.dampening);
      }
      update = options_.nesterov ? &at::add_out(scratch[i], *update, buffer, options_.momentum) : &buffer;
    }
    parameters[i].add_(*update, -(in_head_[i] ? lr.head : lr.body));
  }
}

namespace {

// libtorch's fused step copies tensors that are not contiguous, although it only needs all of them to have
// the same memory order. Views dense tensors of one order as flat lists of elements in that order.
void flatten(std::initializer_list<torch::Tensor*> tensors) {
  const torch::Tensor& first = **tensors.begin();
  for (const torch::Tensor* one : tensors)
    if (!one->is_non_overlapping_and_dense() || one->strides() != first.strides()) return;
  for (torch::Tensor* one : tensors) *one = one->as_strided({one->numel()}, {1});
}

}  // namespace

// Also allocates everything for both groups before it changes the first one. Autograd has nothing to do here,
// and would copy the lists of tensors of each group.
void Sgd::step_fused(const std::vector<torch::Tensor>& buffers, bool is_first_step, const LearningRates& lr) {
  struct Group {
    std::vector<torch::Tensor> parameters, gradients, momentum;
  } groups[2];
  for (size_t i = 0; i < parameters_.size(); ++i) {
    Group& group = groups[in_head_[i] ? 1 : 0];
    torch::Tensor parameter = parameters_[i].tensor, gradient = parameter.grad();
    torch::Tensor momentum = buffers.empty() ? gradient : buffers[i];
    flatten({&parameter, &gradient, &momentum});
    group.parameters.push_back(parameter);
    group.gradients.push_back(gradient);
    if (!buffers.empty()) group.momentum.push_back(momentum);
  }
  const at::AutoDispatchBelowADInplaceOrView without_autograd;
  for (const bool head : {false, true}) {
    const auto& [parameters, gradients, momentum] = groups[head ? 1 : 0];
    if (parameters.empty()) continue;
    at::_fused_sgd_(parameters, gradients, momentum, options_.weight_decay, options_.momentum,
                    head ? lr.head : lr.body, options_.dampening, options_.nesterov, /*maximize=*/false,
                    is_first_step);
  }
}

std::vector<weights::NamedTensor> Sgd::momentum_buffers() const {
  if (momentum_.empty()) return new_momentum_buffers();
  std::vector<weights::NamedTensor> named;
  for (size_t i = 0; i < momentum_.size(); ++i) named.push_back({parameters_[i].name, momentum_[i]});
  return named;
}

std::vector<weights::NamedTensor> Sgd::new_momentum_buffers() const {
  const torch::NoGradGuard no_grad;
  std::vector<weights::NamedTensor> zeros;
  for (const auto& [name, tensor] : parameters_) zeros.push_back({name, torch::zeros_like(tensor)});
  return zeros;
}

void Sgd::set_momentum_buffers(const std::vector<weights::NamedTensor>& buffers) {
  momentum_.clear();
  for (const auto& buffer : buffers) momentum_.push_back(buffer.tensor);
}

bool Sgd::is_finite() const {
  const torch::NoGradGuard no_grad;
  std::vector<torch::Tensor> finite;
  for (const torch::Tensor& buffer : momentum_) finite.push_back(torch::isfinite(buffer).all());
  for (const weights::NamedTensor& parameter : parameters_)
    finite.push_back(torch::isfinite(parameter.tensor).all());
  // One question: the host waits for the device once.
  return finite.empty() || torch::stack(finite).all().item<bool>();
}

std::vector<weights::NamedTensor> Sgd::gradients() const {
  std::vector<weights::NamedTensor> gradients;
  for (const auto& [name, tensor] : parameters_) {
    if (!tensor.grad().defined())
      throw core::Error("INVALID_ARGUMENT", "There are no gradients before the first step.");
    gradients.push_back({name, tensor.grad()});
  }
  return gradients;
}

}  // namespace googlenet::train
