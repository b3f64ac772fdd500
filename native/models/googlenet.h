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

using namespace nn;

struct GoogLeNetOptions {
  int64_t num_classes;
  bool aux_logits;
  double dropout;
  double dropout_aux;
  // Pictures normalised for torchvision's weights become those that its first weights were trained with.
  bool transform_input;
};

struct NamedModule {
  std::string name;
  torch::nn::AnyModule module;
};

// Where forms of the network differ: each is a value of this, made in a file of its own under variants/.
// Names and the order of registration fix the state_dict and the random draws.
struct GoogLeNetSpec {
  // [n, 3, 224, 224] → [n, 192, 28, 28]
  std::vector<NamedModule> (*stem)(const GoogLeNetOptions& options);
  torch::nn::AnyModule (*inception)(const InceptionOptions& channels);
  // [n, 832, 14, 14] → [n, 832, 7, 7]
  torch::nn::AnyModule (*pool4)();
  // [n, in, 14, 14] → [n, num_classes]
  torch::nn::AnyModule (*aux_head)(int64_t in_channels, const GoogLeNetOptions& options,
                                   const at::Generator& generator);
  // [n, 1024, 7, 7] → [n, 1024, 1, 1]
  torch::nn::AnyModule (*average)();
  std::string inception_name;  // in front of 3a, 3b, …
  std::array<std::string, 2> aux_names;
  bool aux_before_5a;  // registered there, and not after 5b
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
  Dropout dropout_{nullptr};
  Linear fc_{nullptr};
};

}  // namespace googlenet::models
