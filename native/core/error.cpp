#include "core/error.h"

#include <atomic>
#include <new>
#include <system_error>

namespace googlenet::core {

namespace {
std::atomic<Translator> library_translator = nullptr;
}  // namespace

void set_translator(Translator translator) {
  library_translator = translator;
}

std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

ErrorReport report(const std::exception_ptr& error) {
  if (const Translator translate = library_translator) {
    if (std::optional<ErrorReport> translated = translate(error)) return *std::move(translated);
  }
  try {
    std::rethrow_exception(error);
  } catch (const Error& e) {
    return {e.code(), e.what()};
  } catch (const std::bad_alloc&) {
    return {"OUT_OF_MEMORY", "The host ran out of memory. Use a smaller batch or dispose of models."};
  } catch (const std::system_error& e) {
    if (e.code() != std::errc::resource_unavailable_try_again)
      return {"LIBTORCH_ERROR", first_line(e.what())};
    return {"OUT_OF_MEMORY",
            "The system has no thread to give. Dispose of models, use fewer threads, or raise its limits."};
  } catch (const std::exception& e) {
    return {"LIBTORCH_ERROR", first_line(e.what())};
  } catch (...) {
    return {"LIBTORCH_ERROR", "An exception of unknown type was thrown."};
  }
}

}  // namespace googlenet::core
