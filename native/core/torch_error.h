#pragma once

#include <exception>
#include <optional>

#include "core/error.h"

namespace googlenet::core {

// What libtorch throws, for set_translator(); nothing for other exceptions.
std::optional<ErrorReport> report_torch_error(const std::exception_ptr& error);

// Whether the thread that got this error can compute no more: its queue goes on with another one.
bool ends_thread(const std::exception_ptr& error);

}  // namespace googlenet::core
