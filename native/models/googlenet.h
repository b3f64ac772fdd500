#pragma once

#include <torch/nn/module.h>
#include <torch/nn/modules/container/sequential.h>
#include <torch/nn/modules/pooling.h>
#include <torch/nn/pimpl.h>

#include "nn/inception.h"
#include "nn/layers.h"
#include "nn/max_pool.h"

namespace googlenet {

struct GoogLeNetOptions {
  int64_t num_classes;
  bool aux_logits;
  double dropout;
  double dropout_aux;
};

// Logits [n, num_classes]; the auxiliary ones are undefined tensors in a model without auxiliary heads.
struct GoogLeNetOutput {
  torch::Tensor main;
  torch::Tensor aux1;
  torch::Tensor aux2;
};

// Inception v1 with BatchNorm in the stem and biased convolutions. Input [n, 3, 224, 224].
// Szegedy et al., "Going deeper with convolutions" (2014), table 1. Module names are those of the PyTorch
// reference, spelling included; they and the order of registration fix the state_dict and the random draws.
class GoogLeNetImpl : public torch::nn::Module {
 public:
  // `generator` draws the dropout masks.
  GoogLeNetImpl(const GoogLeNetOptions& options, const at::Generator& generator);
  GoogLeNetOutput forward(const torch::Tensor& images);

  const GoogLeNetOptions options;

 private:
  InceptionModule inception(const char* name, const InceptionOptions& channels);

  torch::nn::Sequential partA;
  InceptionModule inception_3a{nullptr}, inception_3b{nullptr};
  MaxPool2d maxpool3{nullptr}, maxpool4{nullptr};
  InceptionModule inception_4a{nullptr}, inception_4b{nullptr}, inception_4c{nullptr}, inception_4d{nullptr},
      inception_4e{nullptr};
  torch::nn::Sequential auxilliary_output_1{nullptr}, auxilliary_output_2{nullptr};
  InceptionModule inception_5a{nullptr}, inception_5b{nullptr};
  torch::nn::AvgPool2d avgpool{nullptr};
  Dropout dropout{nullptr};
  Linear fc{nullptr};
};
TORCH_MODULE(GoogLeNet);

}  // namespace googlenet
