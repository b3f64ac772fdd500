#include "models/googlenet.h"

#include <torch/nn/modules/activation.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/linear.h>
#include <torch/types.h>

#include "core/serial_queue.h"

namespace googlenet {

namespace {

using torch::nn::AvgPool2d;
using torch::nn::AvgPool2dOptions;
using torch::nn::BatchNorm2d;
using torch::nn::Flatten;
using torch::nn::ReLU;
using torch::nn::Sequential;

//                            in  1×1  3×3r 3×3  5×5r 5×5  pool
const InceptionOptions k3a = {192, 64, 96, 128, 16, 32, 32};
const InceptionOptions k3b = {256, 128, 128, 192, 32, 96, 64};
const InceptionOptions k4a = {480, 192, 96, 208, 16, 48, 64};
const InceptionOptions k4b = {512, 160, 112, 224, 24, 64, 64};
const InceptionOptions k4c = {512, 128, 128, 256, 24, 64, 64};
const InceptionOptions k4d = {512, 112, 144, 288, 32, 64, 64};
const InceptionOptions k4e = {528, 256, 160, 320, 32, 128, 128};
const InceptionOptions k5a = {832, 256, 160, 320, 32, 128, 128};
const InceptionOptions k5b = {832, 384, 192, 384, 48, 128, 128};

MaxPool2d halve() {
  return MaxPool2d(MaxPool2dOptions{/*stride=*/2});
}

MaxPool2d rectify_and_halve() {
  return MaxPool2d(MaxPool2dOptions{/*stride=*/2, /*relu=*/true});
}

// [n, 3, 224, 224] → [n, 192, 28, 28]. The names are those of the reference, where ReLU and pooling are two
// modules.
Sequential stem() {
  return Sequential({{"0", Conv2d(Conv2dOptions{3, 64, 7, /*stride=*/2, /*padding=*/3})},
                     {"1", BatchNorm2d(64)},
                     {"2", rectify_and_halve()},
                     {"4", Conv2d(Conv2dOptions{64, 64, 1})},
                     {"5", ReLU(true)},
                     {"6", Conv2d(Conv2dOptions{64, 192, 3, 1, 1})},
                     {"7", BatchNorm2d(192)},
                     {"8", rectify_and_halve()}});
}

// [n, in, 14, 14] → [n, num_classes]
Sequential aux_head(int64_t in_channels, const GoogLeNetOptions& o, const at::Generator& generator) {
  return Sequential(AvgPool2d(AvgPool2dOptions(5).stride(3)), Conv2d(Conv2dOptions{in_channels, 128, 1}),
                    ReLU(true), Flatten(), Linear(2048, 1024), ReLU(true), Dropout(o.dropout_aux, generator),
                    Linear(1024, o.num_classes));
}

}  // namespace

InceptionModule GoogLeNetImpl::inception(const char* name, const InceptionOptions& channels) {
  return register_module(name, InceptionModule(channels));
}

GoogLeNetImpl::GoogLeNetImpl(const GoogLeNetOptions& o, const at::Generator& generator) : options(o) {
  partA = register_module("partA", stem());
  inception_3a = inception("inception_3a", k3a);
  inception_3b = inception("inception_3b", k3b);
  maxpool3 = register_module("maxpool3", halve());
  inception_4a = inception("inception_4a", k4a);
  inception_4b = inception("inception_4b", k4b);
  inception_4c = inception("inception_4c", k4c);
  inception_4d = inception("inception_4d", k4d);
  inception_4e = inception("inception_4e", k4e);
  maxpool4 = register_module("maxpool4", halve());
  if (o.aux_logits) {
    auxilliary_output_1 = register_module("auxilliary_output_1", aux_head(k4a.out_channels(), o, generator));
    auxilliary_output_2 = register_module("auxilliary_output_2", aux_head(k4d.out_channels(), o, generator));
  }
  inception_5a = inception("inception_5a", k5a);
  inception_5b = inception("inception_5b", k5b);
  avgpool = register_module("avgpool", AvgPool2d(AvgPool2dOptions(7).stride(1)));
  dropout = register_module("dropout", Dropout(o.dropout, generator));
  fc = register_module("fc", Linear(k5b.out_channels(), o.num_classes));
}

GoogLeNetOutput GoogLeNetImpl::forward(const torch::Tensor& images) {
  GoogLeNetOutput output;
  const auto run = [](auto& module, const torch::Tensor& input) {
    check_cancelled();
    return module->forward(input);
  };
  auto x = partA->forward(images);  // [n,  192, 28, 28]
  x = run(inception_3a, x);         // [n,  256, 28, 28]
  x = run(inception_3b, x);         // [n,  480, 28, 28]
  x = maxpool3->forward(x);         // [n,  480, 14, 14]
  x = run(inception_4a, x);         // [n,  512, 14, 14]
  if (auxilliary_output_1) output.aux1 = auxilliary_output_1->forward(x);
  x = run(inception_4b, x);  // [n,  512, 14, 14]
  x = run(inception_4c, x);  // [n,  512, 14, 14]
  x = run(inception_4d, x);  // [n,  528, 14, 14]
  if (auxilliary_output_2) output.aux2 = auxilliary_output_2->forward(x);
  x = run(inception_4e, x);                                   // [n,  832, 14, 14]
  x = maxpool4->forward(x);                                   // [n,  832,  7,  7]
  x = run(inception_5a, x);                                   // [n,  832,  7,  7]
  x = run(inception_5b, x);                                   // [n, 1024,  7,  7]
  x = avgpool->forward(x);                                    // [n, 1024,  1,  1]
  output.main = fc->forward(dropout->forward(x.flatten(1)));  // [n, num_classes]
  return output;
}

}  // namespace googlenet
