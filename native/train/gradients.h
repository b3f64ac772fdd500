#pragma once

#include "weights/state_dict.h"

namespace googlenet::train {

// torch.nn.utils.clip_grad_norm_: scales all gradients together so that their norm is at most `max_norm`.
// Returns the norm before that, a tensor on their device.
torch::Tensor clip_grad_norm(const std::vector<weights::NamedTensor>& parameters, double max_norm);

}  // namespace googlenet::train
