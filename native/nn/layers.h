#pragma once

#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

namespace googlenet::nn {

// torch::nn::Conv2d, Linear and Dropout draw random numbers from the process-wide generator, the first two
// already in their constructors. These draw from the model's own generator, and weights only in nn/init.h: a
// model that is about to load a file draws none. They have the same parameters, names and arithmetic.

struct Conv2dOptions {
  int64_t in_channels;
  int64_t out_channels;
  int64_t kernel_size;
  int64_t stride = 1;
  int64_t padding = 0;
  int64_t groups = 1;
  bool bias = true;
};

class Conv2dImpl : public torch::nn::Module {
 public:
  explicit Conv2dImpl(const Conv2dOptions& options);
  torch::Tensor forward(const torch::Tensor& input);

  Conv2dOptions options;
  torch::Tensor weight;  // [out, in / groups, k, k]
  torch::Tensor bias;    // [out], or undefined
};
TORCH_MODULE(Conv2d);

class LinearImpl : public torch::nn::Module {
 public:
  LinearImpl(int64_t in_features, int64_t out_features);
  torch::Tensor forward(const torch::Tensor& input);

  torch::Tensor weight;  // [out, in]
  torch::Tensor bias;    // [out]
};
TORCH_MODULE(Linear);

class DropoutImpl : public torch::nn::Module {
 public:
  DropoutImpl(double p, at::Generator generator) : p_(p), generator_(std::move(generator)) {}
  torch::Tensor forward(const torch::Tensor& input);

 private:
  double p_;
  at::Generator generator_;
};
TORCH_MODULE(Dropout);

}  // namespace googlenet::nn
