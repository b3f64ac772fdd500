#include "core/torch_error.h"

#include <c10/util/Exception.h>
#if __has_include(<dnnl.hpp>)
#include <dnnl.hpp>
#define HAS_ONEDNN
#endif

#include <algorithm>
#include <array>

namespace googlenet::core {

namespace {

constexpr const char* kWithLessMemory = " Use a smaller batch or dispose of models.";

// Out of memory, where c10 throws no exception of its own type: on the host, in a CUDA call outside of
// libtorch's allocator (error 2 is cudaErrorMemoryAllocation), or when cuBLAS or cuDNN allocate their
// workspace.
bool is_out_of_memory(const c10::Error& error, const std::string& message) {
  const auto* device_error = dynamic_cast<const c10::AcceleratorError*>(&error);
  if (device_error != nullptr && device_error->get_error_code() == 2) return true;
  const auto mentions = [&](const char* text) { return message.find(text) != std::string::npos; };
  return mentions("DefaultCPUAllocator") || mentions("STATUS_ALLOC_FAILED");
}

// CUDA errors after which every later call of the process fails too: an uncorrectable memory error, a kernel
// with an illegal access or a timeout, a device assertion, a GPU that has fallen off the bus.
constexpr std::array kLost = {214, 220, 226, 700, 702, 710, 714, 715, 716, 717, 718, 719, 721};

bool is_lost(const c10::Error& error) {
  const auto* device_error = dynamic_cast<const c10::AcceleratorError*>(&error);
  return device_error != nullptr &&
         std::find(kLost.begin(), kLost.end(), device_error->get_error_code()) != kLost.end();
}

#ifdef HAS_ONEDNN
// Most messages of oneDNN only say that it could not create something; the status is the reason.
std::string describe(const dnnl::error& error) {
  return "oneDNN: " + first_line(error.what()) + " (status " + std::to_string(error.status) + ").";
}
#endif

}  // namespace

std::optional<ErrorReport> report_torch_error(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const c10::OutOfMemoryError& e) {
    return ErrorReport{"OUT_OF_MEMORY", first_line(e.what_without_backtrace()) + kWithLessMemory};
  } catch (const c10::Error& e) {
    const std::string message = first_line(e.what_without_backtrace());
    if (is_lost(e)) {
      return ErrorReport{"DEVICE_LOST",
                         message +
                             " This device cannot be used in this process any more: resume in a new "
                             "one, from the last checkpoint."};
    }
    return ErrorReport{is_out_of_memory(e, message) ? "OUT_OF_MEMORY" : "LIBTORCH_ERROR", message};
#ifdef HAS_ONEDNN
  } catch (const dnnl::error& e) {
    if (e.status == dnnl_out_of_memory) return ErrorReport{"OUT_OF_MEMORY", describe(e) + kWithLessMemory};
    return ErrorReport{"LIBTORCH_ERROR", describe(e)};
#endif
  } catch (...) {
    return std::nullopt;
  }
}

// Xbyak, which generates oneDNN's machine code, keeps its last error per thread and never clears it.
bool ends_thread(const std::exception_ptr& error) {
#ifdef HAS_ONEDNN
  try {
    std::rethrow_exception(error);
  } catch (const dnnl::error&) {
    return true;
  } catch (...) {
  }
#endif
  return false;
}

}  // namespace googlenet::core
