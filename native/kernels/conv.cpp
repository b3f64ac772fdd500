#include "kernels/conv.h"

#include "kernels/conv_tiers.h"

namespace googlenet::kernels {

std::span<const ConvKernel* const> conv_kernels() {
#ifdef __x86_64__
  static constexpr const ConvKernel* kAll[] = {&kConvAvx2Float,
                                               &kConvAvx512Float,
                                               &kConvAvx512Bfloat16,
                                               &kConvAvx512Byte,
                                               &kConvAvx512Bfloat16ByFloats,
                                               &kConvAvx512ByteWithoutBf16,
                                               &kConvAmxBfloat16,
                                               &kConvAmxByte};
  return kAll;
#else
  return {};
#endif
}

const ConvKernel* conv_kernel(Tier tier, Number input) {
  for (const ConvKernel* kernel : conv_kernels())
    if (kernel->tier == tier && kernel->input == input && kernel->runs_here()) return kernel;
  return nullptr;
}

}  // namespace googlenet::kernels
