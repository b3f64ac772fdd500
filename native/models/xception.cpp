#include "models/xception.h"

#include <torch/nn/modules/activation.h>
#include <torch/nn/modules/pooling.h>
#include <torch/types.h>

#include "core/serial_queue.h"
#include "nn/observe.h"

namespace googlenet::models {

using namespace nn;

namespace {

using torch::nn::AnyModule;
using torch::nn::BatchNorm2d;
using torch::nn::ReLU;

Conv2d convolution(int64_t in, int64_t out, int64_t kernel_size, int64_t stride = 1, int64_t padding = 0) {
  return Conv2d(Conv2dOptions{in, out, kernel_size, stride, padding, /*groups=*/1, /*bias=*/false});
}

// 3×3 on each channel separately.
Conv2d depthwise(int64_t channels) {
  return Conv2d(Conv2dOptions{channels, channels, 3, /*stride=*/1, /*padding=*/1, channels, /*bias=*/false});
}

// A depthwise and a 1×1 convolution in the order of the options, then BatchNorm.
Chain separable(int64_t in, int64_t out, const SeparableOptions& o) {
  Chain layers;
  if (o.pointwise_first) {
    layers->push_back("pointwise", convolution(in, out, 1));
    if (o.relu_between) layers->push_back("relu", ReLU(true));
    layers->push_back("depthwise", depthwise(out));
  } else {
    layers->push_back("depthwise", depthwise(in));
    if (o.relu_between) layers->push_back("relu", ReLU(true));
    layers->push_back("pointwise", convolution(in, out, 1));
  }
  layers->push_back("bn", BatchNorm2d(out));
  return layers;
}

// Two convolutions: [n, 3, 299, 299] → [n, 64, 147, 147]
Chain first_convolutions() {
  return Chain({{"conv1", convolution(3, 32, 3, /*stride=*/2)},
                {"bn1", BatchNorm2d(32)},
                {"relu1", ReLU(true)},
                {"conv2", convolution(32, 64, 3)},
                {"bn2", BatchNorm2d(64)},
                {"relu2", ReLU(true)}});
}

struct BlockOptions {
  int64_t in;
  int64_t middle;
  int64_t out;
  int64_t convolutions;
  bool halves;      // height and width: a pool in the branch, and a shortcut of a 1×1 with stride 2
  bool relu_first;  // before the first convolution, too
};

// Separable convolutions with a shortcut: the input, or a 1×1 convolution of it.
class BlockImpl : public torch::nn::Module {
 public:
  BlockImpl(const BlockOptions& o, const SeparableOptions& options) {
    for (int64_t i = 0; i < o.convolutions; ++i) {
      const int64_t from = i == 0 ? o.in : o.middle;
      const int64_t to = i == o.convolutions - 1 ? o.out : o.middle;
      // The first one not in place: the shortcut needs the input unchanged.
      if (i > 0 || o.relu_first) branch_->push_back("relu" + std::to_string(i + 1), ReLU(/*inplace=*/i > 0));
      branch_->push_back("conv" + std::to_string(i + 1), separable(from, to, options));
    }
    if (o.halves)
      branch_->push_back("pool", torch::nn::MaxPool2d(torch::nn::MaxPool2dOptions(3).stride(2).padding(1)));
    register_module("branch", branch_);
    if (o.halves) {
      shortcut_ = Chain({{"conv", convolution(o.in, o.out, 1, /*stride=*/2)}, {"bn", BatchNorm2d(o.out)}});
      register_module("shortcut", shortcut_);
    }
  }

  torch::Tensor forward(const torch::Tensor& input) {
    return branch_->forward(input) + (shortcut_ ? shortcut_->forward(input) : input);
  }

 private:
  Chain branch_;
  Chain shortcut_{nullptr};
};
TORCH_MODULE(Block);

// After the blocks: [n, 1024, h, w] → [n, 2048, h, w]
Chain last_convolutions(const SeparableOptions& o) {
  return Chain({{"conv1", separable(1024, 1536, o)},
                {"relu1", ReLU(true)},
                {"conv2", separable(1536, 2048, o)},
                {"relu2", ReLU(true)}});
}

}  // namespace

XceptionImpl::XceptionImpl(const XceptionOptions& o, const at::Generator& generator)
    : Classifier(o.num_classes) {
  const auto add = [&](const std::string& name, AnyModule module) {
    register_module(name, module.ptr());
    stages_.push_back(std::move(module));
  };
  const auto block = [&](const std::string& name, const BlockOptions& options) {
    add(name, AnyModule(Block(options, o.separable)));
  };
  add("first", AnyModule(first_convolutions()));
  block("entry1", {64, 128, 128, 2, /*halves=*/true, /*relu_first=*/false});
  block("entry2", {128, 256, 256, 2, true, true});
  block("entry3", {256, 728, 728, 2, true, true});
  for (int i = 1; i <= 8; ++i)
    block("middle" + std::to_string(i), {728, 728, 728, 3, /*halves=*/false, true});
  block("exit", {728, 728, 1024, 2, true, true});
  add("last", AnyModule(last_convolutions(o.separable)));
  add("average", AnyModule(torch::nn::AdaptiveAvgPool2d(torch::nn::AdaptiveAvgPool2dOptions({1, 1}))));
  dropout_ = register_module("dropout", Dropout(o.dropout, generator));
  fc_ = register_module("fc", Linear(2048, o.num_classes));
}

Logits XceptionImpl::forward(const torch::Tensor& images) {
  torch::Tensor x = images;
  for (AnyModule& stage : stages_) {
    core::check_cancelled();
    x = run(stage, x);
  }
  Logits logits;
  x = dropout_->forward(x.flatten(1));
  logits.main = observed(*fc_, fc_->forward(x));  // [n, num_classes]
  return logits;
}

}  // namespace googlenet::models
