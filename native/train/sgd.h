#pragma once

#include "weights/state_dict.h"

namespace googlenet::train {

using namespace weights;

struct SgdOptions {
  double momentum;
  double dampening;
  double weight_decay;
  bool nesterov;
  // One pass over the memory instead of several. Rounds the last elements of tensors whose size is no
  // multiple of 8 in another way than the default.
  bool fused;
};

// Learning rates of one step.
struct LearningRates {
  double body;
  double head;  // of the parameters that are named as those of the head
};

// torch.optim.SGD, with the operations of its default implementation, or of `fused=True`, in their order.
class Sgd {
 public:
  // `head`: names of parameters with a learning rate of their own, a parameter group in Python.
  Sgd(std::vector<NamedTensor> parameters, const std::vector<std::string>& head, const SgdOptions& options);

  void zero_grad();
  // All parameters or, where memory runs out, none.
  void step(const LearningRates& lr);

  // False before the first step and without momentum.
  bool has_momentum() const { return !momentum_.empty(); }
  // Momentum buffers under the names of their parameters; zeros where there are none yet.
  std::vector<NamedTensor> momentum_buffers() const;
  // Zeros for saved buffers to be copied into.
  std::vector<NamedTensor> new_momentum_buffers() const;
  // In the order of the parameters. The next step is then not a first one; without any it is one again.
  void set_momentum_buffers(const std::vector<NamedTensor>& buffers);
  // No parameter or buffer is NaN or infinite.
  bool is_finite() const;
  std::vector<NamedTensor> gradients() const;

 private:
  void step_one_by_one(const std::vector<torch::Tensor>& buffers, bool is_first_step,
                       const LearningRates& lr);
  void step_fused(const std::vector<torch::Tensor>& buffers, bool is_first_step, const LearningRates& lr);

  std::vector<NamedTensor> parameters_;
  std::vector<bool> in_head_;  // one for each parameter
  SgdOptions options_;
  std::vector<torch::Tensor> momentum_;
};

}  // namespace googlenet::train
