#pragma once

#include "weights/state_dict.h"

namespace googlenet::train {

struct SgdOptions {
  double momentum;
  double dampening;
  double weight_decay;
  bool nesterov;
  // One pass over the memory instead of several. Rounds the last elements of tensors whose size is not a
  // multiple of 8 differently from the default.
  bool fused;
};

// The learning rates of one step.
struct LearningRates {
  double body;
  double head;  // of the parameters that Sgd was constructed with as the head
};

// torch.optim.SGD: the operations of its default implementation, or of `fused=True`, in the same order.
class Sgd {
 public:
  // `head`: names of parameters with their own learning rate, a parameter group in Python.
  Sgd(std::vector<weights::NamedTensor> parameters, const std::vector<std::string>& head,
      const SgdOptions& options);

  void zero_grad();
  // Changes all parameters or, if memory runs out, none.
  void step(const LearningRates& lr);

  // False before the first step and without momentum.
  bool has_momentum() const { return !momentum_.empty(); }
  // Momentum buffers under the names of their parameters; zeros before the first step.
  std::vector<weights::NamedTensor> momentum_buffers() const;
  // Zeros to copy saved buffers into, for set_momentum_buffers().
  std::vector<weights::NamedTensor> new_momentum_buffers() const;
  // In the order of the parameters. With buffers the next step is not treated as the first one; with none it
  // is.
  void set_momentum_buffers(const std::vector<weights::NamedTensor>& buffers);
  // False if a parameter or momentum buffer contains NaN or infinity.
  bool is_finite() const;
  // Throws INVALID_ARGUMENT before the first step.
  std::vector<weights::NamedTensor> gradients() const;

 private:
  void step_default(const std::vector<torch::Tensor>& buffers, bool is_first_step, const LearningRates& lr);
  void step_fused(const std::vector<torch::Tensor>& buffers, bool is_first_step, const LearningRates& lr);

  std::vector<weights::NamedTensor> parameters_;
  std::vector<bool> in_head_;  // one for each parameter
  SgdOptions options_;
  std::vector<torch::Tensor> momentum_;
};

}  // namespace googlenet::train
