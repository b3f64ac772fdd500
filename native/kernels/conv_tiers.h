#pragma once

#include "kernels/conv.h"

namespace googlenet::kernels {

extern const ConvKernel kConvAvx2Float;
extern const ConvKernel kConvAvx512Float;
extern const ConvKernel kConvAvx512Bfloat16;
extern const ConvKernel kConvAvx512Byte;
// For machines without BF16.
extern const ConvKernel kConvAvx512Bfloat16ByFloats;
extern const ConvKernel kConvAvx512ByteWithoutBf16;
extern const ConvKernel kConvAmxBfloat16;
extern const ConvKernel kConvAmxByte;

}  // namespace googlenet::kernels
