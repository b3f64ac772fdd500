#pragma once

#include <memory>
#include <optional>

#include "core/autocast.h"
#include "models/classifier.h"
#include "train/average.h"
#include "train/loss.h"
#include "train/sgd.h"

namespace googlenet::train {

struct TrainerOptions {
  SgdOptions sgd;
  LossOptions loss;
  std::optional<double> clip_norm;      // no clipping without it
  std::optional<double> average_decay;  // no average of the weights without it
  at::ScalarType precision;             // of autocast: kFloat or kBFloat16
  std::vector<std::string> frozen;      // names of parameters that stay as they are
  std::vector<std::string> head;        // names of parameters with the learning rate of the head
};

// Plain numbers of one batch. Those of absent auxiliary heads are NaN and 0.
struct BatchResult {
  double loss;
  double main_loss;
  double aux1_loss;
  double aux2_loss;
  int64_t correct;       // highest main logit is the label
  int64_t correct_top5;  // label among the five highest main logits
  int64_t aux1_correct;
  int64_t aux2_correct;
};

struct StepResult : BatchResult {
  double gradient_norm;  // before clipping; NaN without it
};

// What the main head says of each picture of a batch, on the CPU.
struct Predictions {
  torch::Tensor classes;              // int32 [n], the most likely ones
  torch::Tensor probabilities;        // float [n], theirs
  torch::Tensor label_probabilities;  // float [n], those of the labels
};

struct Evaluation : BatchResult {
  Predictions predictions;
};

// One step of training, for whose results the host waits once. The loop, the schedule and everything that is
// written down are TypeScript's.
class Trainer {
 public:
  Trainer(std::shared_ptr<Classifier> model, const TrainerOptions& options);

  // images: [n, 3, h, w] on the model's device; labels: int64 [n] on the host. The batch is computed in
  // `parts`, one after the other, whose gradients add up to those of the mean over the whole batch: it takes
  // the memory of one.
  StepResult step(const torch::Tensor& images, const torch::Tensor& labels, const LearningRates& lr,
                  int64_t parts);
  // Plain cross entropy, in evaluation mode; with `averaged` of the averaged weights, where there are any.
  Evaluation evaluate(const torch::Tensor& images, const torch::Tensor& labels, bool averaged);

  Sgd& optimizer() { return optimizer_; }
  // Null where none is kept.
  WeightAverage* average() { return average_ ? &*average_ : nullptr; }
  void zero_grad() { optimizer_.zero_grad(); }

 private:
  // Forward and backward of one part, whose mean or sum times `share` is its part of the batch's mean.
  torch::Tensor accumulate(const torch::Tensor& images, const torch::Tensor& labels, Over over, double share);

  std::shared_ptr<Classifier> model_;
  TrainerOptions options_;
  LossOptions loss_;                     // on the model's device
  std::vector<NamedTensor> parameters_;  // those that are trained
  std::vector<NamedTensor> frozen_;
  Sgd optimizer_;
  std::optional<WeightAverage> average_;
};

}  // namespace googlenet::train
