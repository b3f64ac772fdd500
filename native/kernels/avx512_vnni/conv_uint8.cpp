#include "kernels/avx512/conv.h"

namespace googlenet::kernels {

constexpr ConvKernel kConvUint8_14x32_Avx512Vnni =
    make_kernel<DType::kUint8, 14, kConvUint8_14x32_Avx512Vnni>("uint8 14x32 avx512_vnni", has_avx512_vnni);

}  // namespace googlenet::kernels
