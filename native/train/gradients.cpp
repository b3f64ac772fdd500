#include "train/gradients.h"

#include <torch/types.h>

namespace googlenet::train {

torch::Tensor clip_grad_norm(const std::vector<weights::NamedTensor>& parameters, double max_norm) {
  const torch::NoGradGuard no_grad;
  std::vector<torch::Tensor> gradients;
  std::vector<torch::Tensor> norms;
  for (const auto& [name, tensor] : parameters) {
    gradients.push_back(tensor.grad());
    norms.push_back(at::linalg_vector_norm(tensor.grad()));
  }
  const torch::Tensor norm = at::linalg_vector_norm(torch::stack(norms));
  // Multiplies by 1 where nothing has to be clipped: to ask first, the host would wait for the device. Python
  // computes number / tensor as reciprocal and product, which round twice; a division would round once.
  const torch::Tensor scale = ((norm + 1e-6).reciprocal() * max_norm).clamp_max(1.0);
  for (torch::Tensor& gradient : gradients) gradient.mul_(scale);
  return norm;
}

}  // namespace googlenet::train
