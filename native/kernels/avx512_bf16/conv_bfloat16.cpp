#include "kernels/avx512/conv.h"

namespace googlenet::kernels {

constexpr ConvKernel kConvBfloat16_14x32_Avx512Bf16 =
    make_kernel<DType::kBfloat16, 14, kConvBfloat16_14x32_Avx512Bf16>("bfloat16 14x32 avx512_bf16",
                                                                      has_avx512_bf16);

}  // namespace googlenet::kernels
