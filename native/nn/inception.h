#pragma once

#include <torch/nn/module.h>
#include <torch/nn/modules/container/sequential.h>
#include <torch/nn/pimpl.h>

namespace googlenet {

// Channels of one module; a row of the paper's table 1.
struct InceptionOptions {
  int64_t in_channels;
  int64_t ch1x1;
  int64_t ch3x3_reduce;
  int64_t ch3x3;
  int64_t ch5x5_reduce;
  int64_t ch5x5;
  int64_t pool_proj;

  int64_t out_channels() const { return ch1x1 + ch3x3 + ch5x5 + pool_proj; }
};

// Four branches over one input, concatenated along the channels: [n, in, h, w] → [n, out, h, w].
class InceptionModuleImpl : public torch::nn::Module {
 public:
  explicit InceptionModuleImpl(const InceptionOptions& options);
  torch::Tensor forward(const torch::Tensor& input);

 private:
  torch::nn::Sequential branch1, branch2, branch3, branch4;
};
TORCH_MODULE(InceptionModule);

}  // namespace googlenet
