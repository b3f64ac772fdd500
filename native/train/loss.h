#pragma once

#include "models/classifier.h"

namespace googlenet::train {

struct LossOptions {
  double aux_weight = 0;
  double label_smoothing = 0;
  torch::Tensor class_weights;  // float [num_classes]; undefined: all 1
};

// A mean over the batch is weighted by the class weights, if there are any.
enum class Reduction { kMean, kSum };

// Cross entropies over the batch. Those of the auxiliary heads are undefined in a model without them.
struct Losses {
  torch::Tensor total;  // main + aux_weight · aux1 + aux_weight · aux2, added in this order
  torch::Tensor main;
  torch::Tensor aux1;
  torch::Tensor aux2;
};

Losses cross_entropy_losses(const models::Logits& logits, const torch::Tensor& labels,
                            const LossOptions& options, Reduction reduction);

// The weight of a mean over these labels in a mean over more labels: their count, or the sum of their class
// weights. All tensors are on the host, which would wait for a sum on the device.
double total_weight(const torch::Tensor& labels, const torch::Tensor& class_weights);

}  // namespace googlenet::train
