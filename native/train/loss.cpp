#include "train/loss.h"

#include <torch/types.h>

namespace googlenet {

Losses cross_entropy_losses(const GoogLeNetOutput& logits, const torch::Tensor& labels, double aux_weight) {
  Losses losses;
  losses.main = torch::cross_entropy_loss(logits.main, labels);
  losses.total = losses.main;
  if (logits.aux1.defined()) {
    losses.aux1 = torch::cross_entropy_loss(logits.aux1, labels);
    losses.aux2 = torch::cross_entropy_loss(logits.aux2, labels);
    losses.total = losses.total + aux_weight * losses.aux1 + aux_weight * losses.aux2;
  }
  return losses;
}

}  // namespace googlenet
