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

// What a tensor is, for threads that must not touch it.
struct TensorInfo {
  std::string name;
  c10::ScalarType dtype;
  std::vector<int64_t> shape;
};

std::vector<TensorInfo> describe(const std::vector<NamedTensor>& tensors);

// A tensor inside a run of bytes. Offsets come from outside and are checked here, whoever checked them
// before.
struct TensorSpan {
  std::string name;
  c10::ScalarType dtype;
  std::vector<int64_t> shape;
  std::vector<int64_t> strides;  // empty: the numbers lie one after the other
  uint64_t offset;
  uint64_t bytes;  // from the first number to the end of the last one
};

// Parameters and buffers under PyTorch's names and in its order: module by module, parameters before buffers.
std::vector<NamedTensor> state_dict(const torch::nn::Module& module);
std::vector<NamedTensor> named_parameters(const torch::nn::Module& module);

// Copies tensors out into `buffer`, each at its span.
void snapshot(const std::vector<NamedTensor>& tensors, const std::vector<TensorSpan>& spans, uint8_t* buffer,
              size_t size);

// Stored tensors that are read and checked but not yet in place, so that what belongs together changes
// together or not at all.
class Restore {
 public:
  void add(torch::Tensor target, torch::Tensor stored) {
    copies_.emplace_back(std::move(target), std::move(stored));
  }
  // Copies everything in, converting element types where they differ.
  void apply();

 private:
  std::vector<std::pair<torch::Tensor, torch::Tensor>> copies_;
};

Restore read_tensors(const std::vector<NamedTensor>& tensors, const std::vector<TensorSpan>& spans,
                     const core::Bytes& source);
Restore read_tensors(const std::vector<NamedTensor>& tensors, const std::vector<TensorSpan>& spans,
                     const FileReader& file);

}  // namespace googlenet::weights
