#pragma once

#include <vector>

#include "infer/freeze/freeze.h"

namespace googlenet::lowering {

// Bytes wherever numbers are never negative and no logits are computed from them: values get a scale, and the
// convolutions that read them weights of eight bits with a scale for each output. The rest becomes bfloat16.
// `highest`: of each value, over the pictures that the scales are for. Weights must be in double.
void quantize(Frozen& frozen, const std::vector<float>& highest);

}  // namespace googlenet::lowering
