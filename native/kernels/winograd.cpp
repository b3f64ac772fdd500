#include "kernels/winograd.h"

#include <algorithm>

#include "kernels/contract.h"
#include "kernels/tuning.h"

namespace googlenet::kernels {

namespace {

constexpr uintptr_t kCacheLine = 64;

int tile_count(Size size, Size tile, int tiles_per_row) {
  return tiles_per_row * ((size.height + tile.height - 1) / tile.height);
}

}  // namespace

#ifdef __x86_64__
std::span<const WinogradKernel> winograd_kernels(InstructionSet set) {
  static const WinogradKernels avx2 = winograd_kernels_avx2(tuning::kWinogradTransformedBytesAvx2);
  static const WinogradKernels avx512 = winograd_kernels_avx512(
      std::max(static_cast<int64_t>(tuning::kWinogradTransformedL2Share * l2_cache_bytes()),
               tuning::kWinogradMinTransformedBytes));
  if (set == InstructionSet::kAmx || find_conv_kernel(set, DType::kFloat32) == nullptr) return {};
  return set == InstructionSet::kAvx2 ? avx2.kernels : avx512.kernels;
}
#else
std::span<const WinogradKernel> winograd_kernels(InstructionSet) {
  return {};
}
#endif

bool keeps_contract(const WinogradInput& w, Size tile, int first_tile, int last_tile) {
  KERNEL_REQUIRES(w.channels.inputs > 0 && w.transformed != nullptr);
  KERNEL_REQUIRES(w.tiles_per_row == (w.size.width + tile.width - 1) / tile.width);
  KERNEL_REQUIRES(0 <= first_tile && first_tile < last_tile);
  KERNEL_REQUIRES(last_tile <= tile_count(w.size, tile, w.tiles_per_row));
  KERNEL_REQUIRES(w.input.pixel_stride >= w.channels.inputs * size_of(DType::kFloat32));
  return true;
}

bool keeps_contract(const WinogradProduct& w, Size tile, int block, int first_block, int last_block,
                    int first_tile, int last_tile) {
  const int blocks = (w.channels.outputs + block - 1) / block;
  KERNEL_REQUIRES(w.channels.inputs > 0 && w.channels.outputs > 0);
  KERNEL_REQUIRES(w.tiles_per_row == (w.size.width + tile.width - 1) / tile.width);
  KERNEL_REQUIRES(0 <= first_block && first_block <= last_block && last_block <= blocks);
  KERNEL_REQUIRES(0 <= first_tile && first_tile < last_tile);
  KERNEL_REQUIRES(last_tile <= tile_count(w.size, tile, w.tiles_per_row));
  KERNEL_REQUIRES(reinterpret_cast<uintptr_t>(w.sums) % kCacheLine == 0);
  KERNEL_REQUIRES(w.output.pixel_stride >= w.channels.outputs * size_of(DType::kFloat32));
  return true;
}

}  // namespace googlenet::kernels
