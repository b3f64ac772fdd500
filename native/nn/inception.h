#pragma once

#include <torch/nn/module.h>
#include <torch/nn/modules/container/any.h>
#include <torch/nn/pimpl.h>

#include <vector>

namespace googlenet::nn {

// The channels of one module: a row of the paper's table 1.
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

struct NaiveInceptionOptions {
  int64_t in_channels;
  int64_t ch1x1;
  int64_t ch3x3;
  int64_t ch5x5;
};

// Branches over one input, concatenated along the channels: [n, in, h, w] → [n, out, h, w].
class InceptionModuleImpl : public torch::nn::Module {
 public:
  // Registered as branch1, branch2, ….
  explicit InceptionModuleImpl(std::vector<torch::nn::AnyModule> branches);
  torch::Tensor forward(const torch::Tensor& input);

  struct Outputs {
    torch::Tensor output;
    torch::Tensor last;  // of the last branch, the pool projection
  };
  Outputs forward_with_last_branch(const torch::Tensor& input);

 private:
  std::vector<torch::nn::AnyModule> branches_;
};
TORCH_MODULE(InceptionModule);

// Figure 2(b) of the paper: 1×1; 1×1 → 3×3; 1×1 → 5×5; max-pool → 1×1. Convolutions have biases and a ReLU.
InceptionModule reduced_inception(const InceptionOptions& options);
// Figure 2(a): 1×1; 3×3; 5×5; max-pool. The output has in_channels more channels than the convolutions.
InceptionModule naive_inception(const NaiveInceptionOptions& options);

}  // namespace googlenet::nn
