#pragma once

#include "models/googlenet.h"
#include "train/loss.h"
#include "train/sgd.h"

namespace googlenet {

// Plain numbers of one batch. Losses of absent auxiliary heads are NaN.
struct BatchResult {
  double loss;
  double main_loss;
  double aux1_loss;
  double aux2_loss;
  int64_t correct;       // highest main logit is the label
  int64_t correct_top5;  // label among the five highest main logits
};

// One step of training. The loop, the schedule and everything that is written down are TypeScript's.
class Trainer {
 public:
  Trainer(GoogLeNet model, const SgdOptions& options, double aux_weight);

  // images: [n, 3, h, w] on the model's device; labels: int64 [n].
  BatchResult step(const torch::Tensor& images, const torch::Tensor& labels, double lr);
  BatchResult evaluate(const torch::Tensor& images, const torch::Tensor& labels);

  Sgd& optimizer() { return optimizer_; }

 private:
  GoogLeNet model_;
  double aux_weight_;
  Sgd optimizer_;
};

}  // namespace googlenet
