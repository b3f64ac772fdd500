#include "kernels/simd/winograd_rows.h"

#include "kernels/instruction_set_kernels.h"

namespace googlenet::kernels {

WinogradRowsKernel winograd_rows_kernel_avx2() {
  return make_winograd_rows_kernel<8, kConvFloat32_6x16_Avx2>();
}

}  // namespace googlenet::kernels
