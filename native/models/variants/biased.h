#pragma once

#include <torch/nn/modules/activation.h>

#include "models/googlenet.h"
#include "nn/chain.h"
#include "nn/max_pool.h"

// What the variants with biased convolutions share.
namespace googlenet::models::biased {

MaxPool2d rectify_and_halve();
torch::nn::AnyModule inception(const InceptionOptions& channels);
torch::nn::AnyModule pool4();
torch::nn::AnyModule aux_head(int64_t in_channels, const GoogLeNetOptions& options,
                              const at::Generator& generator);
torch::nn::AnyModule average();

}  // namespace googlenet::models::biased
