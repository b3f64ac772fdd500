#pragma once

namespace googlenet::core {

// libtorch's switches, for all models of the process, under PyTorch's names.
struct Backends {
  bool cudnn_benchmark;          // torch.backends.cudnn.benchmark
  bool cudnn_deterministic;      // torch.backends.cudnn.deterministic
  bool cudnn_allow_tf32;         // torch.backends.cudnn.allow_tf32
  bool cuda_matmul_allow_tf32;   // torch.backends.cuda.matmul.allow_tf32
  bool deterministic;            // torch.use_deterministic_algorithms(mode …
  bool deterministic_warn_only;  // … warn_only)
};

Backends backends();
void set_backends(const Backends& backends);

}  // namespace googlenet::core
