#include <torch/nn/modules/normalization.h>

#include "models/variants.h"
#include "models/variants/biased.h"

namespace googlenet::models::paper {

using namespace nn;

namespace {

using torch::nn::AnyModule;
using torch::nn::LocalResponseNorm;
using torch::nn::LocalResponseNormOptions;
using torch::nn::ReLU;

LocalResponseNorm local_response_norm() {
  return LocalResponseNorm(LocalResponseNormOptions(5).alpha(1e-4).beta(0.75).k(1));
}

// Names are those of the authors' Caffe model.
std::vector<NamedModule> stem(const GoogLeNetOptions&) {
  const Chain layers({{"conv1", Conv2d(Conv2dOptions{3, 64, 7, /*stride=*/2, /*padding=*/3})},
                      {"pool1", biased::relu_max_pool()},
                      {"norm1", local_response_norm()},
                      {"conv2_reduce", Conv2d(Conv2dOptions{64, 64, 1})},
                      {"relu2_reduce", ReLU(true)},
                      {"conv2", Conv2d(Conv2dOptions{64, 192, 3, 1, 1})},
                      {"relu2", ReLU(true)},
                      {"norm2", local_response_norm()},
                      {"pool2", MaxPool2d(MaxPool2dOptions{/*stride=*/2})}});
  return {{"stem", AnyModule(layers)}};
}

}  // namespace

// The network of the paper: local response normalization after pool1 and conv2.
GoogLeNetSpec spec() {
  return {stem,         biased::inception, biased::pool4,         biased::aux_head, biased::average,
          "inception_", {"aux1", "aux2"},  /*aux_before_5a=*/true};
}

}  // namespace googlenet::models::paper
