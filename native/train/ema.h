#pragma once

#include "weights/state_dict.h"

namespace googlenet::train {

// An exponential moving average of the parameters: torch.optim.swa_utils.AveragedModel with
// get_ema_multi_avg_fn(decay). The paper averages its final weights so (Polyak averaging). Buffers are not
// averaged.
class Ema {
 public:
  Ema(std::vector<weights::NamedTensor> parameters, double decay);

  // Allocates what the next update() needs, which then cannot run out of memory.
  void prepare();
  // To be called after an optimizer step. The first update copies the parameters.
  void update();

  // False before the first update.
  bool exists() const { return !average_.empty(); }
  // Under the parameters' names; the parameters themselves before the first update.
  std::vector<weights::NamedTensor> tensors() const;
  // Tensors to copy a saved average into, for set_tensors(). Without tensors, that goes back to the state
  // before the first update.
  std::vector<weights::NamedTensor> new_tensors() const;
  void set_tensors(const std::vector<weights::NamedTensor>& tensors);

  // Copies the average into the parameters.
  void apply();

 private:
  friend class EmaSwap;

  std::vector<weights::NamedTensor> parameters_;
  double decay_;
  std::vector<torch::Tensor> average_;
  std::vector<torch::Tensor> first_;  // allocated before the first update, which makes them the average
};

// While this exists, the model has the EMA weights, if there are any. Swaps memory and copies nothing.
class EmaSwap {
 public:
  // Null leaves the model as it is.
  explicit EmaSwap(Ema* ema);
  ~EmaSwap();
  EmaSwap(const EmaSwap&) = delete;
  EmaSwap& operator=(const EmaSwap&) = delete;

 private:
  void swap();

  Ema* ema_;
};

}  // namespace googlenet::train
