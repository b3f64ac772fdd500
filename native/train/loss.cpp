#include "train/loss.h"

#include <torch/types.h>

namespace googlenet::train {

Losses cross_entropy_losses(const models::Logits& logits, const torch::Tensor& labels,
                            const LossOptions& options, Reduction reduction_) {
  const int64_t reduction = reduction_ == Reduction::kSum ? at::Reduction::Sum : at::Reduction::Mean;
  const auto cross_entropy = [&](const torch::Tensor& head) {
    const std::optional<torch::Tensor> weights =
        options.class_weights.defined() ? std::make_optional(options.class_weights) : std::nullopt;
    return torch::cross_entropy_loss(head, labels, weights, reduction, /*ignore_index=*/-100,
                                     options.label_smoothing);
  };
  Losses losses;
  losses.main = cross_entropy(logits.main);
  losses.total = losses.main;
  if (logits.aux1.defined()) {
    losses.aux1 = cross_entropy(logits.aux1);
    losses.aux2 = cross_entropy(logits.aux2);
    losses.total = losses.total + options.aux_weight * losses.aux1 + options.aux_weight * losses.aux2;
  }
  return losses;
}

double total_weight(const torch::Tensor& labels, const torch::Tensor& class_weights) {
  if (!class_weights.defined()) return static_cast<double>(labels.numel());
  return class_weights.index_select(0, labels).sum().item<double>();
}

}  // namespace googlenet::train
