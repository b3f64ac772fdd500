#pragma once

#include <torch/types.h>

#include <vector>

#include "infer/network.h"
#include "models/classifier.h"

namespace googlenet::lowering {

// A model in evaluation mode as a network for engines, with the memory of its weights.
struct Lowered {
  infer::Network network;              // its layers point into the tensors below
  std::vector<torch::Tensor> weights;  // by layer: [out, in, kernel, kernel], or undefined
  std::vector<torch::Tensor> biases;   // by layer: float32 [out], or undefined
  std::vector<torch::Tensor> scales;   // by layer with int8 weights: float32 [out]; empty in other precisions
};

struct LoweringOptions {
  infer::Precision precision;
  bool all_heads;           // with the auxiliary logits, if the model has them in evaluation mode
  std::vector<float> amax;  // for int8: the largest element of each network tensor, see quantize.h
};

// Leaves the model as it was. Weights are rounded once, to nearest, ties to even. Throws UNSUPPORTED for a
// model with a layer that no engine has.
Lowered lower(models::Classifier& model, const LoweringOptions& options);

}  // namespace googlenet::lowering
