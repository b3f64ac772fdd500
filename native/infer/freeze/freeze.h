#pragma once

#include <torch/types.h>

#include <vector>

#include "infer/network.h"
#include "models/classifier.h"

namespace googlenet::lowering {

using namespace infer;
using namespace models;

// A model as it computes in evaluation mode, ready for engines.
struct Frozen {
  Network network;                     // layers borrow the numbers of the tensors
  std::vector<torch::Tensor> weights;  // of each layer: [out, in, h, w]; undefined where it has none
  std::vector<torch::Tensor> biases;   // float [out]
  std::vector<torch::Tensor> scales;   // of weights of eight bits: float [out]; empty in other precisions
};

// Leaves the model as it was. Weights become bfloat16 (to the nearest, ties to even) in that precision; for
// bytes, `highest` has the largest number of each value (see quantize.h).
// `all_heads`: with the auxiliary logits, where the model has them in evaluation mode. Throws UNSUPPORTED for
// a network with a layer that no engine has.
Frozen freeze(Classifier& model, Precision precision, bool all_heads, const std::vector<float>& highest = {});

}  // namespace googlenet::lowering
