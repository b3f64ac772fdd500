#pragma once

#include <torch/nn/module.h>

#include <string>
#include <utility>
#include <vector>

#include "core/bytes.h"
#include "weights/file_reader.h"

namespace googlenet::weights {

struct NamedTensor {
  std::string name;
  torch::Tensor tensor;
};

// The description of a tensor, for threads that must not use the tensor.
struct TensorInfo {
  std::string name;
  c10::ScalarType dtype;
  std::vector<int64_t> shape;
};

std::vector<TensorInfo> describe(const std::vector<NamedTensor>& tensors);

// A tensor in a sequence of bytes. Offsets come from outside, and are checked here even if they were before.
struct TensorSpan {
  std::string name;
  c10::ScalarType dtype;
  std::vector<int64_t> shape;
  std::vector<int64_t> strides;  // empty: contiguous
  uint64_t offset;
  uint64_t bytes;  // from the first element to the end of the last one
};

// Parameters and buffers under PyTorch's names and in its order: module by module, parameters before buffers.
std::vector<NamedTensor> state_dict(const torch::nn::Module& module);
std::vector<NamedTensor> named_parameters(const torch::nn::Module& module);

// Copies tensors into `buffer`, each at its span. Throws WEIGHTS_MISMATCH, INVALID_WEIGHTS.
void snapshot(const std::vector<NamedTensor>& tensors, const std::vector<TensorSpan>& spans, uint8_t* buffer,
              size_t size);

// Tensors that were read and checked but not yet copied into the model, so that all of them change or none.
class Restore {
 public:
  void add(torch::Tensor target, torch::Tensor stored) {
    copies_.emplace_back(std::move(target), std::move(stored));
  }
  // Copies them into the model, converting element types where they differ.
  void apply();

 private:
  std::vector<std::pair<torch::Tensor, torch::Tensor>> copies_;
};

// Reads the tensors of `spans` for those of `tensors` with the same names. Throws WEIGHTS_MISMATCH,
// INVALID_WEIGHTS, FILE_ERROR.
Restore read_tensors(const std::vector<NamedTensor>& tensors, const std::vector<TensorSpan>& spans,
                     const core::Bytes& source);
Restore read_tensors(const std::vector<NamedTensor>& tensors, const std::vector<TensorSpan>& spans,
                     const FileReader& file);

}  // namespace googlenet::weights
