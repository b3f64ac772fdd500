#include "core/backends.h"

#include <ATen/Context.h>

namespace googlenet::core {

Backends backends() {
  const at::Context& context = at::globalContext();
  return {context.benchmarkCuDNN(),          context.deterministicCuDNN(),
          context.allowTF32CuDNN(),          context.allowTF32CuBLAS(),
          context.deterministicAlgorithms(), context.deterministicAlgorithmsWarnOnly()};
}

void set_backends(const Backends& to) {
  at::Context& context = at::globalContext();
  const Backends from = backends();
  context.setBenchmarkCuDNN(to.cudnn_benchmark);
  context.setDeterministicCuDNN(to.cudnn_deterministic);
  // Only if it changes: libtorch remembers that a program has set it.
  if (to.cudnn_allow_tf32 != from.cudnn_allow_tf32) context.setAllowTF32CuDNN(to.cudnn_allow_tf32);
  if (to.cuda_matmul_allow_tf32 != from.cuda_matmul_allow_tf32)
    context.setAllowTF32CuBLAS(to.cuda_matmul_allow_tf32);
  context.setDeterministicAlgorithms(to.deterministic, to.deterministic_warn_only);
}

}  // namespace googlenet::core
