#pragma once

#include "weights/state_dict.h"

namespace googlenet::train {

using namespace weights;

// Scales all gradients together so that their norm is at most `max_norm`: torch.nn.utils.clip_grad_norm_.
// Returns the norm from before.
torch::Tensor clip_gradients(const std::vector<NamedTensor>& parameters, double max_norm);

}  // namespace googlenet::train
