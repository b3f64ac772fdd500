#pragma once

#include <torch/nn/modules/activation.h>

#include "models/googlenet.h"
#include "nn/chain.h"
#include "nn/max_pool.h"

// Shared by the variants whose convolutions have biases.
namespace googlenet::models::biased {

// ReLU, then max-pooling with stride 2.
nn::MaxPool2d relu_max_pool();
torch::nn::AnyModule inception(const nn::InceptionOptions& channels);
torch::nn::AnyModule pool4();
torch::nn::AnyModule aux_head(int64_t in_channels, const GoogLeNetOptions& options,
                              const at::Generator& generator);
torch::nn::AnyModule average();

}  // namespace googlenet::models::biased
