#include "core/backends.h"

#include <ATen/Context.h>

namespace googlenet::core {

Backends backends() {
  const at::Context& context = at::globalContext();
  return {context.benchmarkCuDNN(),          context.deterministicCuDNN(),
          context.allowTF32CuDNN(),          context.allowTF32CuBLAS(),
          context.deterministicAlgorithms(), context.deterministicAlgorithmsWarnOnly()};
}

void set_backends(const Backends& wanted) {
  at::Context& context = at::globalContext();
  const Backends now = backends();
  context.setBenchmarkCuDNN(wanted.cudnn_benchmark);
  context.setDeterministicCuDNN(wanted.cudnn_deterministic);
  // Setting a precision marks it as chosen, even where it stays.
  if (wanted.cudnn_allow_tf32 != now.cudnn_allow_tf32) context.setAllowTF32CuDNN(wanted.cudnn_allow_tf32);
  if (wanted.cuda_matmul_allow_tf32 != now.cuda_matmul_allow_tf32)
    context.setAllowTF32CuBLAS(wanted.cuda_matmul_allow_tf32);
  context.setDeterministicAlgorithms(wanted.deterministic, wanted.deterministic_warn_only);
}

}  // namespace googlenet::core
