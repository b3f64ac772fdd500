#include <torch/nn/modules/activation.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/modules/pooling.h>
#include <torch/types.h>

#include "models/variants.h"
#include "nn/chain.h"
#include "nn/conv_norm.h"
#include "nn/max_pool.h"
#include "nn/transform_input.h"

namespace googlenet::models::torchvision {

using namespace nn;

namespace {

using torch::nn::AdaptiveAvgPool2d;
using torch::nn::AdaptiveAvgPool2dOptions;
using torch::nn::AnyModule;
using torch::nn::Flatten;
using torch::nn::ReLU;

MaxPool2d max_pool() {
  return MaxPool2d(MaxPool2dOptions{/*stride=*/2});
}

std::vector<NamedModule> stem(const GoogLeNetOptions& o) {
  std::vector<NamedModule> parts;
  if (o.transform_input) parts.push_back({"transform_input", AnyModule(TransformInput())});
  parts.push_back({"conv1", AnyModule(ConvNorm(Conv2dOptions{3, 64, 7, /*stride=*/2, /*padding=*/3}))});
  parts.push_back({"maxpool1", AnyModule(max_pool())});
  parts.push_back({"conv2", AnyModule(ConvNorm(Conv2dOptions{64, 64, 1}))});
  parts.push_back({"conv3", AnyModule(ConvNorm(Conv2dOptions{64, 192, 3, 1, 1}))});
  parts.push_back({"maxpool2", AnyModule(max_pool())});
  return parts;
}

Chain reduce_conv(int64_t in, int64_t reduced, int64_t out) {
  return Chain(ConvNorm(Conv2dOptions{in, reduced, 1}), ConvNorm(Conv2dOptions{reduced, out, 3, 1, 1}));
}

// The "5×5" branch has 3×3 convolutions: a known mistake, with which the published weights were trained.
AnyModule inception(const InceptionOptions& o) {
  return AnyModule(InceptionModule(std::vector<AnyModule>{
      AnyModule(ConvNorm(Conv2dOptions{o.in_channels, o.ch1x1, 1})),
      AnyModule(reduce_conv(o.in_channels, o.ch3x3_reduce, o.ch3x3)),
      AnyModule(reduce_conv(o.in_channels, o.ch5x5_reduce, o.ch5x5)),
      AnyModule(Chain(MaxPool2d(MaxPool2dOptions{/*stride=*/1}),
                      ConvNorm(Conv2dOptions{o.in_channels, o.pool_proj, 1}))),
  }));
}

AnyModule pool4() {
  return AnyModule(torch::nn::MaxPool2d(torch::nn::MaxPool2dOptions(2).stride(2).ceil_mode(true)));
}

AnyModule aux_head(int64_t in_channels, const GoogLeNetOptions& o, const at::Generator& generator) {
  return AnyModule(Chain({{"pool", AdaptiveAvgPool2d(AdaptiveAvgPool2dOptions({4, 4}))},
                          {"conv", ConvNorm(Conv2dOptions{in_channels, 128, 1})},
                          {"flatten", Flatten()},
                          {"fc1", Linear(2048, 1024)},
                          {"relu", ReLU(true)},
                          {"dropout", Dropout(o.dropout_aux, generator)},
                          {"fc2", Linear(1024, o.num_classes)}}));
}

AnyModule average() {
  return AnyModule(AdaptiveAvgPool2d(AdaptiveAvgPool2dOptions({1, 1})));
}

}  // namespace

// torchvision.models.GoogLeNet: BatchNorm after every convolution.
GoogLeNetSpec spec() {
  return {stem, inception, pool4, aux_head, average, "inception", {"aux1", "aux2"}, /*aux_before_5a=*/false};
}

}  // namespace googlenet::models::torchvision
