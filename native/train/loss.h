#pragma once

#include "models/classifier.h"

namespace googlenet::train {

using namespace models;

struct LossOptions {
  double aux_weight = 0;
  double label_smoothing = 0;
  torch::Tensor class_weights;  // float [num_classes]; undefined: all alike
};

// The mean goes by class weight, where there are weights.
enum class Over { kMean, kSum };

// Cross entropies over the batch. The auxiliary ones are undefined tensors without auxiliary heads.
struct Losses {
  torch::Tensor total;  // main + aux_weight · aux1 + aux_weight · aux2, summed in this order
  torch::Tensor main;
  torch::Tensor aux1;
  torch::Tensor aux2;
};

Losses cross_entropy_losses(const Logits& logits, const torch::Tensor& labels, const LossOptions& options,
                            Over over);

// What a mean over these labels weighs in a mean over more of them: their number, or their classes' weights.
// All on the host: for a sum on the device the host would wait.
double weight_of(const torch::Tensor& labels, const torch::Tensor& class_weights);

}  // namespace googlenet::train
