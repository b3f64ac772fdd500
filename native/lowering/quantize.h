#pragma once

#include <vector>

#include "lowering/lower.h"

namespace googlenet::lowering {

// Quantizes to 8 bits. Network tensors that are never negative and from which no logits are computed become
// uint8 with one scale each; convolutions that read them get int8 weights with one scale per output channel.
// The rest becomes bfloat16. Weights must still be in double.
// `amax`: the largest element of each network tensor over the calibration images.
void quantize(Lowered& lowered, const std::vector<float>& amax);

}  // namespace googlenet::lowering
