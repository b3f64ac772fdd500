#pragma once

#include <c10/core/Device.h>

#include <string>
#include <vector>

namespace googlenet::core {

struct CudaDevice {
  int index;
  std::string name;
  int64_t memory_bytes;
  int major;  // of its compute capability
  int minor;
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

// To be called on every thread before it computes, also on the CPU: libtorch looks its CUDA library up once,
// and what it does not find then stays away. A convolution on the CPU already asks whether there is cuDNN,
// and the first backward pass starts autograd's threads, one for each device of that moment. Where there is
// no device it does nothing, since opening the library takes a quarter of a second.
void open_cuda_library();

// 'cpu', 'cuda', 'cuda:N' or 'auto'; for tests also 'privateuseone:N', where another library has brought such
// a device into the process. Throws CUDA_UNAVAILABLE. The first call for CUDA takes some tenths of a second.
c10::Device resolve_device(const std::string& wish);
// As long as that, the beginning of its work included: what the first tensor on a device waits for.
c10::Device prepare_device(const std::string& wish);

// Throws UNSUPPORTED where a device cannot compute in bfloat16 but by emulation, which is slower than fp32.
void require_bfloat16(c10::Device device);

}  // namespace googlenet::core
