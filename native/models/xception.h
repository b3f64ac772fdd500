#pragma once

#include <ATen/core/Generator.h>
#include <torch/nn/modules/batchnorm.h>

#include <vector>

#include "models/classifier.h"
#include "nn/chain.h"
#include "nn/layers.h"

namespace googlenet::models {

using namespace nn;

// How a separable convolution is put together. The defaults of the paper: depthwise, then 1×1, nothing
// between. The other order, 1×1 first, is the "extreme Inception" that it starts from.
struct SeparableOptions {
  bool pointwise_first;
  bool relu_between;
};

struct XceptionOptions {
  int64_t num_classes;
  double dropout;  // before the classifier
  SeparableOptions separable;
};

// Chollet, "Xception: Deep learning with depthwise separable convolutions" (2017), figure 5. No biases but
// the classifier's; BatchNorm after every convolution. Pictures of 299×299 in the paper; any from 71 on.
class XceptionImpl : public Classifier {
 public:
  // `generator` draws the dropout masks.
  XceptionImpl(const XceptionOptions& options, const at::Generator& generator);
  Logits forward(const torch::Tensor& images) override;

 private:
  std::vector<torch::nn::AnyModule> stages_;
  Dropout dropout_{nullptr};
  Linear fc_{nullptr};
};

}  // namespace googlenet::models
