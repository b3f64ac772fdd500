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

// Opens libtorch_cuda on the first call. Nothing in this process may touch libtorch's CUDA hooks before: they
// are looked up once and would be remembered as absent.
const CudaStatus& cuda_status();

// 'cpu', 'cuda', 'cuda:N' or 'auto'. Throws CUDA_UNAVAILABLE.
c10::Device resolve_device(const std::string& wish);

}  // namespace googlenet
