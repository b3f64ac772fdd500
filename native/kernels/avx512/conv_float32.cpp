#include "kernels/avx512/conv.h"

namespace googlenet::kernels {

// 14 pixels with two vectors each fill 28 of 32 registers.
constexpr ConvKernel kConvFloat32_14x32_Avx512 =
    make_kernel<DType::kFloat32, 14, kConvFloat32_14x32_Avx512>("float32 14x32 avx512", has_avx512);

}  // namespace googlenet::kernels
