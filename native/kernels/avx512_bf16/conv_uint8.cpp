#include "kernels/avx512/conv.h"

namespace googlenet::kernels {

// Multiplies by VNNI and stores bfloat16 by BF16.
constexpr ConvKernel kConvUint8_14x32_Avx512Bf16 =
    make_kernel<DType::kUint8, 14, kConvUint8_14x32_Avx512Bf16>("uint8 14x32 avx512_bf16", has_avx512_bf16);

}  // namespace googlenet::kernels
