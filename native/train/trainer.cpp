#include "train/trainer.h"

#include <torch/types.h>

#include <algorithm>
#include <limits>

#include "core/serial_queue.h"

namespace googlenet {

namespace {

double value(const torch::Tensor& scalar) {
  return scalar.defined() ? scalar.item<double>() : std::numeric_limits<double>::quiet_NaN();
}

BatchResult summarize(const Losses& losses, const torch::Tensor& logits, const torch::Tensor& labels) {
  const torch::NoGradGuard no_grad;
  const auto best = std::get<1>(logits.topk(std::min<int64_t>(5, logits.size(1)), /*dim=*/1));
  const auto hits = best.eq(labels.unsqueeze(1));
  return {value(losses.total),
          value(losses.main),
          value(losses.aux1),
          value(losses.aux2),
          hits.select(1, 0).sum().item<int64_t>(),
          hits.sum().item<int64_t>()};
}

}  // namespace

Trainer::Trainer(GoogLeNet model, const SgdOptions& options, double aux_weight)
    : model_(std::move(model)), aux_weight_(aux_weight), optimizer_(named_parameters(*model_), options) {}

BatchResult Trainer::step(const torch::Tensor& images, const torch::Tensor& labels, double lr) {
  const torch::AutoGradMode with_grad(true);
  model_->train();
  optimizer_.zero_grad();
  const GoogLeNetOutput logits = model_->forward(images);
  const Losses losses = cross_entropy_losses(logits, labels, aux_weight_);
  losses.total.backward();
  check_cancelled();
  optimizer_.step(lr);
  return summarize(losses, logits.main, labels);
}

BatchResult Trainer::evaluate(const torch::Tensor& images, const torch::Tensor& labels) {
  const torch::NoGradGuard no_grad;
  const bool was_training = model_->is_training();
  model_->eval();
  GoogLeNetOutput logits;
  try {
    logits = model_->forward(images);
  } catch (...) {
    model_->train(was_training);
    throw;
  }
  model_->train(was_training);
  return summarize(cross_entropy_losses(logits, labels, aux_weight_), logits.main, labels);
}

}  // namespace googlenet
