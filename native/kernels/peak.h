#pragma once

#include "kernels/conv.h"

namespace googlenet::kernels {

// Operations a nanosecond of one core, a multiply-add counted as two, when nothing but the instructions that
// a convolution of this tier and these numbers consists of limits it: they work on registers. 0 where there
// are none. Takes a tenth of a second.
double peak(Tier tier, Number number);

}  // namespace googlenet::kernels
