#include "kernels/winograd_rows.h"

#include "kernels/contract.h"

namespace googlenet::kernels {

namespace {

constexpr uintptr_t kCacheLine = 64;

}  // namespace

#ifdef __x86_64__
const WinogradRowsKernel* winograd_rows_kernel(InstructionSet set) {
  static const WinogradRowsKernel avx2 = winograd_rows_kernel_avx2(), avx512 = winograd_rows_kernel_avx512();
  if (set == InstructionSet::kAmx || find_conv_kernel(set, DType::kFloat32) == nullptr) return nullptr;
  return set == InstructionSet::kAvx2 ? &avx2 : &avx512;
}
#else
const WinogradRowsKernel* winograd_rows_kernel(InstructionSet) {
  return nullptr;
}
#endif

bool keeps_contract(const WinogradRowsInput& w, int first_row, int last_row) {
  KERNEL_REQUIRES(1 <= w.inputs && w.inputs <= kRowsMaxInputs);
  KERNEL_REQUIRES(w.transformed != nullptr && w.line != nullptr && first_row < last_row);
  KERNEL_REQUIRES(first_row >= -kRowsPadding);
  // Pixels of a row lie one behind the other, and the line has room for them.
  KERNEL_REQUIRES(w.input.pixel_stride == w.inputs * size_of(DType::kFloat32));
  KERNEL_REQUIRES((w.size.width + kRowsPadding) * w.inputs <= line_floats(w.tiles_per_row, w.inputs));
  return true;
}

bool keeps_contract(const WinogradRowsProduct& w, int first_row, int last_row) {
  KERNEL_REQUIRES(1 <= w.inputs && w.inputs <= kRowsMaxInputs && w.outputs > 0);
  KERNEL_REQUIRES(0 <= first_row && first_row < last_row);
  KERNEL_REQUIRES(w.first_row <= kRowsStride * first_row - kRowsPadding);
  KERNEL_REQUIRES(kRowsStride * (last_row - 1) - kRowsPadding + kRowsKernelSize <= w.first_row + w.rows);
  KERNEL_REQUIRES(w.tiles_per_row == (w.width + kRowsTile - 1) / kRowsTile);
  KERNEL_REQUIRES(reinterpret_cast<uintptr_t>(w.sums) % kCacheLine == 0);
  KERNEL_REQUIRES(w.output.pixel_stride >= w.outputs * size_of(DType::kFloat32));
  return true;
}

}  // namespace googlenet::kernels
