#include "core/error.h"

#include <c10/util/Exception.h>

#include <new>
#include <system_error>

namespace googlenet {

namespace {

std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

// Memory that ran out where c10 has no exception type for it: on the host, in a CUDA call outside of
// libtorch's allocator (error 2 is cudaErrorMemoryAllocation), or when cuBLAS or cuDNN make their workspace.
bool is_out_of_memory(const c10::Error& error, const std::string& message) {
  const auto* device_error = dynamic_cast<const c10::AcceleratorError*>(&error);
  if (device_error != nullptr && device_error->get_error_code() == 2) return true;
  const auto mentions = [&](const char* text) { return message.find(text) != std::string::npos; };
  return mentions("DefaultCPUAllocator") || mentions("STATUS_ALLOC_FAILED");
}

}  // namespace

ErrorReport report(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const Error& e) {
    return {e.code(), e.what()};
  } catch (const c10::OutOfMemoryError& e) {
    return {"OUT_OF_MEMORY",
            first_line(e.what_without_backtrace()) + " Use a smaller batch or dispose of models."};
  } catch (const c10::Error& e) {
    const std::string message = first_line(e.what_without_backtrace());
    return {is_out_of_memory(e, message) ? "OUT_OF_MEMORY" : "LIBTORCH_ERROR", message};
  } catch (const std::bad_alloc&) {
    return {"OUT_OF_MEMORY", "The host ran out of memory. Use a smaller batch or dispose of models."};
  } catch (const std::system_error& e) {
    if (e.code() != std::errc::resource_unavailable_try_again)
      return {"LIBTORCH_ERROR", first_line(e.what())};
    return {"OUT_OF_MEMORY", "The system has no thread to give. Dispose of models, or raise its limits."};
  } catch (const std::exception& e) {
    return {"LIBTORCH_ERROR", first_line(e.what())};
  } catch (...) {
    return {"LIBTORCH_ERROR", "An exception of unknown type was thrown."};
  }
}

}  // namespace googlenet
