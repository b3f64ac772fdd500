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

#include "core/cuda_driver.h"
#include "core/error.h"

namespace googlenet::core {

namespace {

bool find_cuda_library() {
  Dl_info info;
  const auto* symbol = reinterpret_cast<const void*>(&at::globalContext);
  if (dladdr(symbol, &info) == 0 || info.dli_fname == nullptr) return false;
  return std::filesystem::exists(std::filesystem::path(info.dli_fname).parent_path() / "libtorch_cuda.so");
}

// Cached: the search takes half a millisecond.
bool has_cuda_library() {
  static const bool found = find_cuda_library();
  return found;
}

CudaStatus probe() {
  CudaStatus status;
  status.built = has_cuda_library();
  if (!status.built) {
    // Recommends the CUDA build, which is gigabytes, only where there is a device.
    const std::string& problem = CudaDriver::get().problem();
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
  if (!CudaDriver::get().problem().empty()) {
    status.reason = CudaDriver::get().problem();
    return status;
  }
  const int count = static_cast<int>(at::detail::getCUDAHooks().deviceCount());
  for (int index = 0; index < count; ++index) status.devices.push_back(CudaDriver::get().describe(index));
  status.available = count > 0;
  if (!status.available)
    status.reason = "libtorch finds no CUDA device (is the driver too old for this libtorch?)";
  return status;
}

constexpr std::string_view kCuda = "cuda";
constexpr std::string_view kTestDevice = "privateuseone";

// The N of `name:N`, or 0 for `name`. c10::Device cannot parse it: its index has 8 bits, so 'cuda:256' would
// be device 0.
size_t index_of(const std::string& device, std::string_view name) {
  if (device == name) return 0;
  const std::string_view digits = std::string_view(device).substr(name.size() + 1);
  size_t index = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), index);
  if (digits.empty() || end != digits.data() + digits.size() || error == std::errc::invalid_argument)
    throw Error("INVALID_ARGUMENT", "Unknown device '" + device + "'.");
  return error == std::errc::result_out_of_range ? std::numeric_limits<size_t>::max() : index;
}

bool is_named(const std::string& device, std::string_view name) {
  return device == name || device.starts_with(std::string(name) + ":");
}

c10::Device device_at(c10::DeviceType type, size_t index, size_t count, const std::string& name) {
  if (index >= count) {
    throw Error("CUDA_UNAVAILABLE", "There is no device '" + name + "': this machine has " +
                                        std::to_string(count) + " such device(s), numbered from 0.");
  }
  return c10::Device(type, static_cast<c10::DeviceIndex>(index));
}

// Whether there may be something that libtorch's CUDA library can use.
bool may_have_cuda() {
  return has_cuda_library() && CudaDriver::get().problem().empty();
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

c10::Device resolve_device(const std::string& name) {
  if (name == "cpu" || (name == "auto" && !may_have_cuda())) return c10::Device(c10::kCPU);
  if (is_named(name, kTestDevice) && c10::impl::hasDeviceGuardImpl(c10::kPrivateUse1)) {
    const auto count = static_cast<size_t>(c10::impl::getDeviceGuardImpl(c10::kPrivateUse1)->deviceCount());
    return device_at(c10::kPrivateUse1, index_of(name, kTestDevice), count, name);
  }
  if (name != "auto" && !is_named(name, kCuda))
    throw Error("INVALID_ARGUMENT", "Unknown device '" + name + "'.");
  const size_t index = name == "auto" ? 0 : index_of(name, kCuda);
  const CudaStatus& cuda = cuda_status();
  if (name == "auto" && !cuda.available) return c10::Device(c10::kCPU);
  if (!cuda.available)
    throw Error("CUDA_UNAVAILABLE", "CUDA cannot be used: " + cuda.reason + ". Use device 'cpu' or 'auto'.");
  return device_at(c10::kCUDA, index, cuda.devices.size(), name);
}

c10::Device prepare_device(const std::string& name) {
  const c10::Device device = resolve_device(name);
  // The first tensor creates the device's context; the allocator keeps its memory for the next one.
  if (!device.is_cpu()) at::zeros({1}, at::TensorOptions(device));
  return device;
}

void require_bfloat16(c10::Device device) {
  if (!device.is_cuda()) return;
  const CudaDevice& cuda = cuda_status().devices.at(static_cast<size_t>(device.index()));
  if (cuda.major >= 8) return;
  throw Error("UNSUPPORTED", device.str() + " (" + cuda.name + ") has compute capability " +
                                 std::to_string(cuda.major) + "." + std::to_string(cuda.minor) +
                                 ", and bfloat16 needs 8.0 (Ampere) or newer. Use precision 'float32'.");
}

}  // namespace googlenet::core
