#include "core/error.h"

#include <c10/util/Exception.h>

#include <new>

namespace googlenet {

namespace {

std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
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
    // The CPU allocator has no exception type of its own.
    const bool out_of_memory = message.find("DefaultCPUAllocator") != std::string::npos;
    return {out_of_memory ? "OUT_OF_MEMORY" : "LIBTORCH_ERROR", message};
  } catch (const std::bad_alloc&) {
    return {"OUT_OF_MEMORY", "The host ran out of memory. Use a smaller batch or dispose of models."};
  } catch (const std::exception& e) {
    return {"LIBTORCH_ERROR", first_line(e.what())};
  } catch (...) {
    return {"LIBTORCH_ERROR", "An exception of unknown type was thrown."};
  }
}

}  // namespace googlenet
