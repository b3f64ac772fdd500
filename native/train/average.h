#pragma once

#include "weights/state_dict.h"

namespace googlenet::train {

using namespace weights;

// An exponential moving average of the parameters, Polyak averaging as the paper uses it for its final
// weights: torch.optim.swa_utils.AveragedModel with get_ema_multi_avg_fn(decay). Buffers are the model's.
class WeightAverage {
 public:
  WeightAverage(std::vector<NamedTensor> parameters, double decay);

  // Takes what memory update() needs.
  void prepare();
  // After an optimiser step. The first one copies the parameters.
  void update();

  // False before the first step.
  bool exists() const { return !average_.empty(); }
  // Under the parameters' names; the parameters themselves before the first step.
  std::vector<NamedTensor> tensors() const;
  // Tensors for a saved average to be copied into, and their use; none: before the first step again.
  std::vector<NamedTensor> new_tensors() const;
  void set_tensors(const std::vector<NamedTensor>& tensors);

  // Copies the average into the parameters.
  void apply();

 private:
  friend class AveragedWeights;

  std::vector<NamedTensor> parameters_;
  double decay_;
  std::vector<torch::Tensor> average_;
  std::vector<torch::Tensor> first_;  // before the first update: tensors that become the average
};

// The model has the averaged weights as long as this exists. Memory is exchanged, nothing is copied.
class AveragedWeights {
 public:
  explicit AveragedWeights(WeightAverage* average);
  ~AveragedWeights();
  AveragedWeights(const AveragedWeights&) = delete;
  AveragedWeights& operator=(const AveragedWeights&) = delete;

 private:
  void exchange();

  WeightAverage* average_;  // null: the model stays as it is
};

}  // namespace googlenet::train
