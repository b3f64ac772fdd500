#pragma once

#include <c10/core/Device.h>

#include <string>
#include <vector>

namespace googlenet::core {

struct CudaDevice {
  int index;
  std::string name;
  int64_t memory_bytes;
  int major;  // of the compute capability
  int minor;
};

struct CudaStatus {
  bool built = false;      // libtorch_cuda lies next to libtorch_cpu,
  bool loaded = false;     // and could be opened,
  bool available = false;  // and there is a driver with a device
  std::string reason;      // why it is not available
  std::vector<CudaDevice> devices;
};

// Opens libtorch_cuda on the first call.
const CudaStatus& cuda_status();

// To be called on every thread before it computes, also on the CPU: libtorch looks for its CUDA library once,
// and never finds it later. Even a convolution on the CPU asks for cuDNN, and the first backward pass starts
// autograd's threads, one for each device known at that moment. Does nothing without a device, because
// opening the library takes a quarter of a second.
void open_cuda_library();

// `name`: 'cpu', 'cuda', 'cuda:N' or 'auto'; 'privateuseone:N' in tests, if another library has registered
// such a device. Throws INVALID_ARGUMENT, CUDA_UNAVAILABLE. The first call for CUDA takes tenths of a second.
c10::Device resolve_device(const std::string& name);
// The same, and does what the first tensor on the device would otherwise wait for.
c10::Device prepare_device(const std::string& name);

// Throws UNSUPPORTED for a device that only emulates bfloat16, which is slower than float32.
void require_bfloat16(c10::Device device);

}  // namespace googlenet::core
