#include "train/gradients.h"

#include <torch/types.h>

namespace googlenet::train {

torch::Tensor clip_gradients(const std::vector<NamedTensor>& parameters, double max_norm) {
  const torch::NoGradGuard no_grad;
  std::vector<torch::Tensor> gradients;
  std::vector<torch::Tensor> norms;
  for (const auto& [name, tensor] : parameters) {
    gradients.push_back(tensor.grad());
    norms.push_back(at::linalg_vector_norm(tensor.grad()));
  }
  const torch::Tensor norm = at::linalg_vector_norm(torch::stack(norms));
  // Multiplied by 1 where nothing is to be clipped: asking first would make the host wait for the device.
  // A number over a tensor is not a division in Python, which rounds once, but this.
  const torch::Tensor scale = ((norm + 1e-6).reciprocal() * max_norm).clamp_max(1.0);
  for (torch::Tensor& gradient : gradients) gradient.mul_(scale);
  return norm;
}

}  // namespace googlenet::train
