#pragma once

#include <ATen/core/Generator.h>
#include <torch/nn/modules/batchnorm.h>

#include <vector>

#include "models/classifier.h"
#include "nn/chain.h"
#include "nn/layers.h"

namespace googlenet::models {

// The order of a separable convolution. In the paper: depthwise, then 1×1, nothing between. The other order,
// 1×1 first, is the "extreme Inception" that the paper starts from.
struct SeparableOptions {
  bool pointwise_first;
  bool relu_between;
};

struct XceptionOptions {
  int64_t num_classes;
  double dropout;  // before the classifier
  SeparableOptions separable;
};

// Chollet, "Xception: Deep learning with depthwise separable convolutions" (2017), figure 5. BatchNorm after
// every convolution, and no biases except in `fc`. Images are 299×299 in the paper, and at least 71×71.
class XceptionImpl : public Classifier {
 public:
  // `generator` draws the dropout masks.
  XceptionImpl(const XceptionOptions& options, const at::Generator& generator);
  Logits forward(const torch::Tensor& images) override;

 private:
  std::vector<torch::nn::AnyModule> stages_;
  nn::Dropout dropout_{nullptr};
  nn::Linear fc_{nullptr};
};

}  // namespace googlenet::models
