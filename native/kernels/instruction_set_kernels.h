#pragma once

#include "kernels/convolution.h"

namespace googlenet::kernels {

extern const ConvKernel kConvFloat32_6x16_Avx2;
extern const ConvKernel kConvFloat32_14x32_Avx512;
extern const ConvKernel kConvBfloat16_14x32_Avx512Bf16;
extern const ConvKernel kConvUint8_14x32_Avx512Bf16;
// For processors without BF16.
extern const ConvKernel kConvBfloat16_12x32_Avx512;
extern const ConvKernel kConvUint8_14x32_Avx512Vnni;
extern const ConvKernel kConvBfloat16_32x32_Amx;
extern const ConvKernel kConvUint8_32x32_Amx;

}  // namespace googlenet::kernels
