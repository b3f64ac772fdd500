#include "infer/kernels/conv.h"

#include <initializer_list>

#include "infer/kernels/conv_tiers.h"

namespace googlenet::kernels {

const ConvKernel* conv_kernel([[maybe_unused]] Tier tier, [[maybe_unused]] Number input) {
#ifdef __x86_64__
  for (const ConvKernel* kernel : {&kConvAvx2Float, &kConvAvx512Float, &kConvAvx512Bfloat16, &kConvAvx512Byte,
                                   &kConvAmxBfloat16, &kConvAmxByte}) {
    if (kernel->tier == tier && kernel->input == input) return kernel->runs_here() ? kernel : nullptr;
  }
#endif
  return nullptr;
}

}  // namespace googlenet::kernels
