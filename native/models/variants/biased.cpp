#include "models/variants/biased.h"

#include <torch/nn/modules/linear.h>
#include <torch/nn/modules/pooling.h>

namespace googlenet::models::biased {

using namespace nn;

using torch::nn::AnyModule;
using torch::nn::AvgPool2d;
using torch::nn::AvgPool2dOptions;
using torch::nn::Flatten;
using torch::nn::ReLU;

MaxPool2d relu_max_pool() {
  return MaxPool2d(MaxPool2dOptions{/*stride=*/2, /*relu=*/true});
}

AnyModule inception(const InceptionOptions& channels) {
  return AnyModule(reduced_inception(channels));
}

AnyModule pool4() {
  return AnyModule(MaxPool2d(MaxPool2dOptions{/*stride=*/2}));
}

AnyModule aux_head(int64_t in_channels, const GoogLeNetOptions& o, const at::Generator& generator) {
  return AnyModule(Chain(AvgPool2d(AvgPool2dOptions(5).stride(3)), Conv2d(Conv2dOptions{in_channels, 128, 1}),
                         ReLU(true), Flatten(), Linear(2048, 1024), ReLU(true),
                         Dropout(o.dropout_aux, generator), Linear(1024, o.num_classes)));
}

AnyModule average() {
  return AnyModule(AvgPool2d(AvgPool2dOptions(7).stride(1)));
}

}  // namespace googlenet::models::biased
