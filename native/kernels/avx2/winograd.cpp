#include "kernels/simd/winograd.h"

#include "kernels/instruction_set_kernels.h"

namespace googlenet::kernels {

WinogradKernels winograd_kernels_avx2(int64_t transformed_bytes) {
  return make_winograd_kernels<8, kConvFloat32_6x16_Avx2>(transformed_bytes);
}

}  // namespace googlenet::kernels
