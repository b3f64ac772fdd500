#include "kernels/convolution.h"

#include "kernels/contract.h"
#include "kernels/instruction_set_kernels.h"

namespace googlenet::kernels {

std::span<const ConvKernel* const> conv_kernels() {
#ifdef __x86_64__
  static constexpr const ConvKernel* kAll[] = {&kConvFloat32_6x16_Avx2,         &kConvFloat32_14x32_Avx512,
                                               &kConvBfloat16_14x32_Avx512Bf16, &kConvUint8_14x32_Avx512Bf16,
                                               &kConvBfloat16_12x32_Avx512,     &kConvUint8_14x32_Avx512Vnni,
                                               &kConvBfloat16_32x32_Amx,        &kConvUint8_32x32_Amx};
  return kAll;
#else
  return {};
#endif
}

const ConvKernel* find_conv_kernel(InstructionSet set, DType input) {
  for (const ConvKernel* kernel : conv_kernels())
    if (kernel->instruction_set == set && kernel->input == input && kernel->is_supported()) return kernel;
  return nullptr;
}

bool keeps_contract(const ConvKernel& kernel, const Convolution& conv, const RowTile* tiles, int tile_count,
                    int first_block, int last_block) {
  const int blocks = (conv.output_channels + kernel.block - 1) / kernel.block;
  KERNEL_REQUIRES(conv.output_channels > 0 && conv.row_chunks > 0 && conv.kernel_row_count > 0);
  KERNEL_REQUIRES(conv.weights != nullptr && conv.bias != nullptr);
  KERNEL_REQUIRES(0 <= first_block && first_block <= last_block && last_block <= blocks);
  KERNEL_REQUIRES(tile_count > 0);
  // Sums of integers become values by a scale.
  KERNEL_REQUIRES(kernel.input != DType::kUint8 || conv.scale != nullptr);
  KERNEL_REQUIRES(conv.input_stride % size_of(kernel.input) == 0);
  for (const RowTile* tile = tiles; tile < tiles + tile_count; ++tile) {
    KERNEL_REQUIRES(1 <= tile->count && tile->count <= kernel.max_pixels);
    KERNEL_REQUIRES((tile->mask & ~first_bits(tile->count)) == 0);
    KERNEL_REQUIRES(kernel.takes_masks || tile->mask == first_bits(tile->count));
  }
  return true;
}

}  // namespace googlenet::kernels
