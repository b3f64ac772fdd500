#pragma once

#include <c10/core/Device.h>

#include <string>
#include <vector>

namespace googlenet {

struct CudaDevice {
  int index;
  std::string name;
  int64_t memory_bytes;
};

struct CudaStatus {
  bool built = false;      // libtorch_cuda stands beside libtorch_cpu
  bool loaded = false;     // and could be opened
  bool available = false;  // and there is a driver with a device
  std::string reason;      // why not available
  std::vector<CudaDevice> devices;
};

// Opens libtorch_cuda on the first call.
const CudaStatus& cuda_status();

// 'cpu', 'cuda', 'cuda:N' or 'auto'. Throws CUDA_UNAVAILABLE. To be called before the first computation in
// the process, also one on the CPU: libtorch looks its CUDA library up once, and what it does not find then
// stays away. A convolution on the CPU already asks whether there is cuDNN, and the first backward pass
// starts autograd's threads, one for each device of that moment.
c10::Device resolve_device(const std::string& wish);

}  // namespace googlenet
