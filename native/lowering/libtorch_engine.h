#pragma once

#include <torch/nn/module.h>
#include <torch/types.h>

#include <atomic>
#include <vector>

#include "infer/network.h"

namespace googlenet::lowering {

// A lowered network computed with libtorch's public operations. Used on machines without kernels of ours, as
// the reference for tests of our kernels, and to measure activation ranges.
class LibtorchEngine : public torch::nn::Module {
 public:
  // Throws UNSUPPORTED for a precision that this engine does not compute in.
  static void require_supported(const infer::Network& network);

  // Copies the weights of a network that was validated.
  explicit LibtorchEngine(infer::Network network);

  // Float32 [n, 3, h, w] as the model takes them → logits of each head, [n, classes]; NaN for an image that
  // contains NaN or infinity. Throws ABORTED between layers once `cancelled` is set.
  // `amax`, if not null, gets the largest element of each network tensor.
  std::vector<torch::Tensor> forward(const torch::Tensor& images, const std::atomic<bool>& cancelled,
                                     std::vector<float>* amax = nullptr) const;

 private:
  torch::Tensor compute(size_t layer, const torch::Tensor& input) const;

  infer::Network network_;  // without weights
  at::ScalarType dtype_;
  std::vector<torch::Tensor> weights_, biases_;  // by layer, or undefined
  std::vector<size_t> last_reader_;              // by network tensor: a layer
};

}  // namespace googlenet::lowering
