#pragma once

#include <memory>
#include <optional>

#include "core/autocast.h"
#include "models/classifier.h"
#include "train/ema.h"
#include "train/loss.h"
#include "train/sgd.h"

namespace googlenet::train {

struct TrainerOptions {
  SgdOptions sgd;
  LossOptions loss;
  std::optional<double> max_grad_norm;  // without it gradients are not clipped
  std::optional<double> ema_decay;      // without it there are no EMA weights
  at::ScalarType precision;             // of autocast: kFloat or kBFloat16
  std::vector<std::string> frozen;      // names of parameters that are not trained
  std::vector<std::string> head;        // names of parameters with the learning rate of the head
};

// Losses and counts of one batch. Without auxiliary heads theirs are NaN and 0.
struct BatchResult {
  double loss;
  double main_loss;
  double aux1_loss;
  double aux2_loss;
  int64_t correct;       // images whose highest main logit is the label
  int64_t correct_top5;  // images whose label is among the five highest main logits
  int64_t aux1_correct;
  int64_t aux2_correct;
};

struct StepResult : BatchResult {
  double gradient_norm;  // before clipping; NaN without clipping
};

// What the main head predicts for each image of a batch, on the CPU.
struct Predictions {
  torch::Tensor classes;              // int32 [n]: the most probable ones
  torch::Tensor probabilities;        // float [n]: of those classes
  torch::Tensor label_probabilities;  // float [n]: of the labels
};

struct Evaluation : BatchResult {
  Predictions predictions;
};

// Computes training steps and evaluations. The host waits once per step. Loop, schedule and records are
// TypeScript's.
class Trainer {
 public:
  Trainer(std::shared_ptr<models::Classifier> model, const TrainerOptions& options);

  // images: [n, 3, h, w] on the model's device; labels: int64 [n] on the host. Computes the batch as
  // `micro_batches`, one after another: their gradients add up to those of the mean over the whole batch, and
  // the step takes the memory of one.
  StepResult step(const torch::Tensor& images, const torch::Tensor& labels, const LearningRates& lr,
                  int64_t micro_batches);
  // Plain cross entropy in evaluation mode; with `ema` of the EMA weights, if there are any.
  Evaluation evaluate(const torch::Tensor& images, const torch::Tensor& labels, bool ema);

  Sgd& optimizer() { return optimizer_; }
  // Null without EMA weights.
  Ema* ema() { return ema_ ? &*ema_ : nullptr; }
  void zero_grad() { optimizer_.zero_grad(); }

 private:
  // Forward and backward pass of one micro-batch. Its mean or sum times `share` is its part of the mean of
  // the batch. Returns its summary (trainer.cpp).
  torch::Tensor accumulate(const torch::Tensor& images, const torch::Tensor& labels, Reduction reduction,
                           double share);

  std::shared_ptr<models::Classifier> model_;
  TrainerOptions options_;
  LossOptions loss_;                              // on the model's device
  std::vector<weights::NamedTensor> parameters_;  // those that are trained
  std::vector<weights::NamedTensor> frozen_;
  Sgd optimizer_;
  std::optional<Ema> ema_;
};

}  // namespace googlenet::train
