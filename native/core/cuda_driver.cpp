#include "core/cuda_driver.h"

#include <dlfcn.h>

namespace googlenet::core {

namespace {

// Of CUdevice_attribute.
constexpr int kComputeCapabilityMajor = 75;
constexpr int kComputeCapabilityMinor = 76;

}  // namespace

const CudaDriver& CudaDriver::get() {
  static const CudaDriver driver;
  return driver;
}

CudaDriver::CudaDriver() : library_(dlopen("libcuda.so.1", RTLD_LAZY | RTLD_LOCAL)) {
  if (library_ == nullptr) {
    problem_ = "no NVIDIA driver (libcuda.so.1) is installed";
    return;
  }
  const auto init = find<int (*)(unsigned)>("cuInit");
  const auto get_count = find<int (*)(int*)>("cuDeviceGetCount");
  int count = 0;
  const int status = init == nullptr || get_count == nullptr ? -1 : init(0);
  if (status != 0 || get_count(&count) != 0 || count == 0) {
    problem_ = "the NVIDIA driver reports no usable device (cuInit returned " + std::to_string(status) + ")";
  }
}

CudaDevice CudaDriver::describe(int index) const {
  CudaDevice device{index, "unknown", 0, 0, 0};
  const auto get_device = find<int (*)(int*, int)>("cuDeviceGet");
  const auto get_name = find<int (*)(char*, int, int)>("cuDeviceGetName");
  const auto get_memory = find<int (*)(size_t*, int)>("cuDeviceTotalMem_v2");
  int handle = 0;
  if (get_device == nullptr || get_device(&handle, index) != 0) return device;
  char name[256] = {};
  if (get_name != nullptr && get_name(name, sizeof name, handle) == 0) device.name = name;
  size_t bytes = 0;
  if (get_memory != nullptr && get_memory(&bytes, handle) == 0)
    device.memory_bytes = static_cast<int64_t>(bytes);
  device.major = attribute(kComputeCapabilityMajor, handle);
  device.minor = attribute(kComputeCapabilityMinor, handle);
  return device;
}

template <class Function>
Function CudaDriver::find(const char* name) const {
  return reinterpret_cast<Function>(dlsym(library_, name));
}

int CudaDriver::attribute(int which, int handle) const {
  const auto get = find<int (*)(int*, int, int)>("cuDeviceGetAttribute");
  int value = 0;
  return get != nullptr && get(&value, which, handle) == 0 ? value : 0;
}

}  // namespace googlenet::core
