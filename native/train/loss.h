#pragma once

#include "models/googlenet.h"

namespace googlenet {

// Cross entropies, averaged over the batch. The auxiliary ones are undefined tensors without auxiliary heads.
struct Losses {
  torch::Tensor total;  // main + aux_weight · aux1 + aux_weight · aux2, summed in this order
  torch::Tensor main;
  torch::Tensor aux1;
  torch::Tensor aux2;
};

Losses cross_entropy_losses(const GoogLeNetOutput& logits, const torch::Tensor& labels, double aux_weight);

}  // namespace googlenet
