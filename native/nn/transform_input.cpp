#include "nn/transform_input.h"

#include <torch/types.h>

namespace googlenet::nn {

torch::Tensor TransformInputImpl::forward(const torch::Tensor& x) {
  const auto channel = [&](int64_t index, double std, double mean) {
    return x.select(1, index).unsqueeze(1) * (std / 0.5) + (mean - 0.5) / 0.5;
  };
  return torch::cat({channel(0, 0.229, 0.485), channel(1, 0.224, 0.456), channel(2, 0.225, 0.406)}, 1);
}

}  // namespace googlenet::nn
