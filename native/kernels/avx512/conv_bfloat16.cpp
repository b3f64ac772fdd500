#include "kernels/avx512/conv.h"

namespace googlenet::kernels {

// Without BF16 the halves of a pair are multiplied one after the other as float32: weights and input take two
// registers more.
constexpr ConvKernel kConvBfloat16_12x32_Avx512 =
    make_kernel<DType::kBfloat16, 12, kConvBfloat16_12x32_Avx512>("bfloat16 12x32 avx512", has_avx512);

}  // namespace googlenet::kernels
