#include "nn/init.h"

#include <torch/types.h>

#include <cmath>

#include "nn/layers.h"

namespace googlenet::nn {

namespace {

struct Fans {
  int64_t in;
  int64_t out;
};

// torch.nn.init._calculate_fan_in_and_fan_out
Fans fans_of(const torch::Tensor& weight) {
  const int64_t receptive_field = weight.dim() > 2 ? weight[0][0].numel() : 1;
  return {weight.size(1) * receptive_field, weight.size(0) * receptive_field};
}

// kaiming_uniform_(weight, a=sqrt(5)) and the matching bias. The doubles are computed in PyTorch's order:
// simplifying gain / sqrt(fan) * sqrt(3) to 1 / sqrt(fan) would change the last bit.
void draw_default(torch::Tensor& weight, torch::Tensor& bias, const at::Generator& generator) {
  const auto fan_in = static_cast<double>(fans_of(weight).in);
  const double gain = std::sqrt(2.0 / (1 + std::pow(std::sqrt(5.0), 2)));
  const double bound = std::sqrt(3.0) * (gain / std::sqrt(fan_in));
  weight.uniform_(-bound, bound, generator);
  if (!bias.defined()) return;
  const double bias_bound = 1 / std::sqrt(fan_in);
  bias.uniform_(-bias_bound, bias_bound, generator);
}

void draw_xavier(torch::Tensor& weight, torch::Tensor& bias, const at::Generator& generator) {
  const Fans fans = fans_of(weight);
  const double bound = std::sqrt(3.0) * std::sqrt(2.0 / static_cast<double>(fans.in + fans.out));
  weight.uniform_(-bound, bound, generator);
  if (bias.defined()) bias.zero_();
}

// trunc_normal_(weight, 0, 0.01, -2, 2). The bounds are 200 standard deviations away, so they cut nothing
// off.
void draw_truncated_normal(torch::Tensor& weight, torch::Tensor&, const at::Generator& generator) {
  weight.normal_(0, 0.01, generator);
}

using Draw = void (*)(torch::Tensor&, torch::Tensor&, const at::Generator&);

void for_each_layer(torch::nn::Module& root, Draw draw, const at::Generator& generator) {
  for (const auto& module : root.modules()) {
    if (auto* conv = module->as<Conv2dImpl>()) draw(conv->weight, conv->bias, generator);
    if (auto* linear = module->as<LinearImpl>()) draw(linear->weight, linear->bias, generator);
  }
}

}  // namespace

void initialize(torch::nn::Module& root, InitMethod method, const at::Generator& generator) {
  if (method == InitMethod::kNone) return;
  const torch::NoGradGuard no_grad;
  for_each_layer(root, draw_default, generator);
  if (method == InitMethod::kXavier) for_each_layer(root, draw_xavier, generator);
  if (method == InitMethod::kTruncatedNormal) for_each_layer(root, draw_truncated_normal, generator);
}

}  // namespace googlenet::nn
