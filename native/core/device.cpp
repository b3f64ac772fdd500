#include "core/device.h"

#include <ATen/Context.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <dlfcn.h>

#include <filesystem>

#include "core/error.h"

namespace googlenet {

namespace {

// The driver's own entry points, opened by name: no CUDA header and no CUDA library is needed to build or to
// load the addon.
class Driver {
 public:
  Driver() : library_(dlopen("libcuda.so.1", RTLD_LAZY | RTLD_LOCAL)) {
    if (library_ == nullptr) {
      problem_ = "no NVIDIA driver (libcuda.so.1) is installed";
      return;
    }
    const auto init = find<int (*)(unsigned)>("cuInit");
    const auto get_count = find<int (*)(int*)>("cuDeviceGetCount");
    int count = 0;
    const int status = init == nullptr || get_count == nullptr ? -1 : init(0);
    if (status != 0 || get_count(&count) != 0 || count == 0) {
      problem_ =
          "the NVIDIA driver reports no usable device (cuInit returned " + std::to_string(status) + ")";
    }
  }

  // Why no device can be used; empty where one can.
  const std::string& problem() const { return problem_; }

  CudaDevice describe(int index) const {
    CudaDevice device{index, "unknown", 0};
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
    return device;
  }

 private:
  template <class Function>
  Function find(const char* name) const {
    return reinterpret_cast<Function>(dlsym(library_, name));
  }

  void* library_;  // never closed: libtorch uses it too
  std::string problem_;
};

const Driver& driver() {
  static const Driver driver;
  return driver;
}

bool find_cuda_library() {
  Dl_info info;
  const auto* symbol = reinterpret_cast<const void*>(&at::globalContext);
  if (dladdr(symbol, &info) == 0 || info.dli_fname == nullptr) return false;
  return std::filesystem::exists(std::filesystem::path(info.dli_fname).parent_path() / "libtorch_cuda.so");
}

// Finding out takes half a millisecond, so it is done once.
bool has_cuda_library() {
  static const bool found = find_cuda_library();
  return found;
}

CudaStatus probe() {
  CudaStatus status;
  status.built = has_cuda_library();
  if (!status.built) {
    // Gigabytes of the other build are worth it only where there is a device.
    const std::string& problem = driver().problem();
    status.reason = "this libtorch is built without CUDA";
    status.reason += problem.empty() ? "; run `npx googlenet setup --cuda`" : ", and " + problem;
    return status;
  }
  if (dlopen("libtorch_cuda.so", RTLD_NOW | RTLD_GLOBAL) == nullptr) {
    const char* problem = dlerror();
    status.reason =
        std::string("libtorch_cuda cannot be loaded: ") + (problem == nullptr ? "unknown reason" : problem);
    return status;
  }
  status.loaded = true;
  if (!driver().problem().empty()) {
    status.reason = driver().problem();
    return status;
  }
  const int count = static_cast<int>(at::detail::getCUDAHooks().deviceCount());
  for (int index = 0; index < count; ++index) status.devices.push_back(driver().describe(index));
  status.available = count > 0;
  if (!status.available)
    status.reason = "libtorch finds no CUDA device (is the driver too old for this libtorch?)";
  return status;
}

// Not parsed by c10::Device, whose index has 8 bits: 'cuda:256' would be device 0.
size_t index_of(const std::string& wish) {
  if (wish == "cuda") return 0;
  const std::string digits = wish.substr(0, 5) == "cuda:" ? wish.substr(5) : "";
  if (digits.empty() || digits.find_first_not_of("0123456789") != std::string::npos)
    throw Error("INVALID_ARGUMENT", "Unknown device '" + wish + "'.");
  return std::stoul(digits);
}

}  // namespace

const CudaStatus& cuda_status() {
  static const CudaStatus status = probe();
  return status;
}

c10::Device resolve_device(const std::string& wish) {
  // Where there is no device, opening the library would cost a quarter of a second for nothing.
  const bool is_optional = wish == "cpu" || wish == "auto";
  if (is_optional && (!has_cuda_library() || !driver().problem().empty())) return c10::Device(c10::kCPU);
  const CudaStatus& cuda = cuda_status();
  if (wish == "cpu" || (wish == "auto" && !cuda.available)) return c10::Device(c10::kCPU);
  if (!cuda.available)
    throw Error("CUDA_UNAVAILABLE", "CUDA cannot be used: " + cuda.reason + ". Use device 'cpu' or 'auto'.");
  const size_t index = wish == "auto" ? 0 : index_of(wish);
  if (index >= cuda.devices.size()) {
    throw Error("CUDA_UNAVAILABLE", "There is no device '" + wish + "': this machine has " +
                                        std::to_string(cuda.devices.size()) +
                                        " CUDA device(s), numbered from 0.");
  }
  return c10::Device(c10::kCUDA, static_cast<c10::DeviceIndex>(index));
}

}  // namespace googlenet
