#include "kernels/simd/winograd.h"

#include "kernels/instruction_set_kernels.h"

namespace googlenet::kernels {

WinogradKernels winograd_kernels_avx512(int64_t transformed_bytes) {
  return make_winograd_kernels<16, kConvFloat32_14x32_Avx512>(transformed_bytes);
}

}  // namespace googlenet::kernels
