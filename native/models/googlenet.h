#pragma once

#include <ATen/core/Generator.h>
#include <torch/nn/modules/container/any.h>

#include <array>
#include <string>
#include <vector>

#include "models/classifier.h"
#include "nn/inception.h"
#include "nn/layers.h"

namespace googlenet::models {

struct GoogLeNetOptions {
  int64_t num_classes;
  bool aux_logits;
  double dropout;
  double dropout_aux;
  // Converts images normalized for torchvision's weights to the normalization of nn/transform_input.h.
  bool transform_input;
};

struct NamedModule {
  std::string name;
  torch::nn::AnyModule module;
};

// How variants of the network differ. Each variant is one value of this, in its own file under variants/.
// Names and the order of registration determine the state_dict and the random initial weights.
struct GoogLeNetSpec {
  // [n, 3, 224, 224] → [n, 192, 28, 28]
  std::vector<NamedModule> (*stem)(const GoogLeNetOptions& options);
  torch::nn::AnyModule (*inception)(const nn::InceptionOptions& channels);
  // [n, 832, 14, 14] → [n, 832, 7, 7]
  torch::nn::AnyModule (*pool4)();
  // [n, in, 14, 14] → [n, num_classes]
  torch::nn::AnyModule (*aux_head)(int64_t in_channels, const GoogLeNetOptions& options,
                                   const at::Generator& generator);
  // [n, 1024, 7, 7] → [n, 1024, 1, 1]
  torch::nn::AnyModule (*average)();
  std::string inception_name;  // prefix of 3a, 3b, …
  std::array<std::string, 2> aux_names;
  bool aux_before_5a;  // the auxiliary heads are registered before 5a, not after 5b
};

// Inception v1: Szegedy et al., "Going deeper with convolutions" (2014), table 1.
class GoogLeNetImpl : public Classifier {
 public:
  // `generator` draws the dropout masks.
  GoogLeNetImpl(const GoogLeNetSpec& spec, const GoogLeNetOptions& options, const at::Generator& generator);
  Logits forward(const torch::Tensor& images) override;

 private:
  using Stages = std::vector<torch::nn::AnyModule>;
  void add(Stages& stages, const std::string& name, torch::nn::AnyModule module);

  Stages until_4a_, until_4d_, until_5b_;
  torch::nn::AnyModule aux1_, aux2_;
  nn::Dropout dropout_{nullptr};
  nn::Linear fc_{nullptr};
};

}  // namespace googlenet::models
