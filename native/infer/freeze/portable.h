#pragma once

#include <torch/nn/module.h>
#include <torch/types.h>

#include <atomic>
#include <vector>

#include "infer/network.h"

namespace googlenet::lowering {

using namespace infer;

// Throws UNSUPPORTED for a precision that it does not compute in.
void check_portable(const Network& network);

// A frozen network through libtorch's public operations: what engines are on machines without kernels of
// ours, and what theirs are compared with.
class PortableImpl : public torch::nn::Module {
 public:
  // Copies the weights. For a network that is checked.
  explicit PortableImpl(Network network);

  // Floats [n, 3, h, w] as the model takes them → logits of each head, [n, classes]; NaN for a picture with
  // NaN or infinity. Throws ABORTED once `cancelled` is set, between layers.
  // Fills `highest`, where it is given, with the largest number of each value.
  std::vector<torch::Tensor> forward(const torch::Tensor& images, const std::atomic<bool>& cancelled,
                                     std::vector<float>* highest = nullptr) const;

 private:
  torch::Tensor compute(size_t layer, const torch::Tensor& input) const;

  Network network_;  // without weights
  at::ScalarType dtype_;
  std::vector<torch::Tensor> weights_, biases_;  // of each layer, or undefined
  std::vector<size_t> last_reader_;              // of each value: a layer
};

}  // namespace googlenet::lowering
