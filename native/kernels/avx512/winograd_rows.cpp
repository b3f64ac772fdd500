#include "kernels/simd/winograd_rows.h"

#include "kernels/instruction_set_kernels.h"

namespace googlenet::kernels {

WinogradRowsKernel winograd_rows_kernel_avx512() {
  return make_winograd_rows_kernel<16, kConvFloat32_14x32_Avx512>();
}

}  // namespace googlenet::kernels
