#include <torch/nn/modules/batchnorm.h>

#include "models/variants.h"
#include "models/variants/biased.h"

namespace googlenet::models::reference {

using namespace nn;

namespace {

using torch::nn::AnyModule;
using torch::nn::BatchNorm2d;
using torch::nn::ReLU;

// Names are indices of the reference's Sequential, where ReLU and pooling are two modules and not one.
std::vector<NamedModule> stem(const GoogLeNetOptions&) {
  const Chain layers({{"0", Conv2d(Conv2dOptions{3, 64, 7, /*stride=*/2, /*padding=*/3})},
                      {"1", BatchNorm2d(64)},
                      {"2", biased::relu_max_pool()},
                      {"4", Conv2d(Conv2dOptions{64, 64, 1})},
                      {"5", ReLU(true)},
                      {"6", Conv2d(Conv2dOptions{64, 192, 3, 1, 1})},
                      {"7", BatchNorm2d(192)},
                      {"8", biased::relu_max_pool()}});
  return {{"partA", AnyModule(layers)}};
}

}  // namespace

// The PyTorch class that this package mirrors, spelling included: BatchNorm in the stem, convolutions with
// biases.
GoogLeNetSpec spec() {
  return {stem,
          biased::inception,
          biased::pool4,
          biased::aux_head,
          biased::average,
          "inception_",
          {"auxilliary_output_1", "auxilliary_output_2"},
          /*aux_before_5a=*/true};
}

}  // namespace googlenet::models::reference
