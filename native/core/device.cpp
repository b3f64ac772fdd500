#include "core/device.h"

#include <ATen/Context.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <ATen/ops/zeros.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>
#include <dlfcn.h>

#include <charconv>
#include <filesystem>
#include <limits>
#include <string_view>

#include "core/error.h"

namespace googlenet::core {

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

 private:
  template <class Function>
  Function find(const char* name) const {
    return reinterpret_cast<Function>(dlsym(library_, name));
  }

  // Of CUdevice_attribute.
  static constexpr int kComputeCapabilityMajor = 75;
  static constexpr int kComputeCapabilityMinor = 76;

  int attribute(int which, int handle) const {
    const auto get = find<int (*)(int*, int, int)>("cuDeviceGetAttribute");
    int value = 0;
    return get != nullptr && get(&value, which, handle) == 0 ? value : 0;
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

constexpr std::string_view kCuda = "cuda";
constexpr std::string_view kOfTests = "privateuseone";

// The N of `name:N`; 0 without one. Not parsed by c10::Device, whose index has 8 bits: 'cuda:256' would be
// device 0.
size_t index_of(const std::string& wish, std::string_view name) {
  if (wish == name) return 0;
  const std::string_view digits = std::string_view(wish).substr(name.size() + 1);
  size_t index = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), index);
  if (digits.empty() || end != digits.data() + digits.size() || error == std::errc::invalid_argument)
    throw Error("INVALID_ARGUMENT", "Unknown device '" + wish + "'.");
  return error == std::errc::result_out_of_range ? std::numeric_limits<size_t>::max() : index;
}

bool is_named(const std::string& wish, std::string_view name) {
  return wish == name || wish.starts_with(std::string(name) + ":");
}

c10::Device numbered(c10::DeviceType type, size_t index, size_t count, const std::string& wish) {
  if (index >= count) {
    throw Error("CUDA_UNAVAILABLE", "There is no device '" + wish + "': this machine has " +
                                        std::to_string(count) + " such device(s), numbered from 0.");
  }
  return c10::Device(type, static_cast<c10::DeviceIndex>(index));
}

// Whether there may be something that libtorch's CUDA library can use.
bool may_have_cuda() {
  return has_cuda_library() && driver().problem().empty();
}

}  // namespace

const CudaStatus& cuda_status() {
  static const CudaStatus status = probe();
  return status;
}

void open_cuda_library() {
  static const bool opened = may_have_cuda() && cuda_status().loaded;
  (void)opened;
}

c10::Device resolve_device(const std::string& wish) {
  if (wish == "cpu" || (wish == "auto" && !may_have_cuda())) return c10::Device(c10::kCPU);
  if (is_named(wish, kOfTests) && c10::impl::hasDeviceGuardImpl(c10::kPrivateUse1)) {
    const auto count = static_cast<size_t>(c10::impl::getDeviceGuardImpl(c10::kPrivateUse1)->deviceCount());
    return numbered(c10::kPrivateUse1, index_of(wish, kOfTests), count, wish);
  }
  if (wish != "auto" && !is_named(wish, kCuda))
    throw Error("INVALID_ARGUMENT", "Unknown device '" + wish + "'.");
  const size_t index = wish == "auto" ? 0 : index_of(wish, kCuda);
  const CudaStatus& cuda = cuda_status();
  if (wish == "auto" && !cuda.available) return c10::Device(c10::kCPU);
  if (!cuda.available)
    throw Error("CUDA_UNAVAILABLE", "CUDA cannot be used: " + cuda.reason + ". Use device 'cpu' or 'auto'.");
  return numbered(c10::kCUDA, index, cuda.devices.size(), wish);
}

c10::Device prepare_device(const std::string& wish) {
  const c10::Device device = resolve_device(wish);
  // The first tensor makes the device's context; its memory is taken by the next one.
  if (!device.is_cpu()) at::zeros({1}, at::TensorOptions(device));
  return device;
}

void require_bfloat16(c10::Device device) {
  if (!device.is_cuda()) return;
  const CudaDevice& one = cuda_status().devices.at(static_cast<size_t>(device.index()));
  if (one.major >= 8) return;
  throw Error("UNSUPPORTED", device.str() + " (" + one.name + ") has compute capability " +
                                 std::to_string(one.major) + "." + std::to_string(one.minor) +
                                 ", and bfloat16 needs 8.0 (Ampere) or newer. Use precision 'float32'.");
}

}  // namespace googlenet::core
