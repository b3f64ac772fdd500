#pragma once

#include <exception>
#include <optional>

#include "core/error.h"

namespace googlenet::core {

// For set_translator(): reports exceptions of libtorch, and nullopt for others.
std::optional<ErrorReport> report_torch_error(const std::exception_ptr& error);

// Whether the thread that got this error cannot compute any more, so that its queue needs another one.
bool ends_thread(const std::exception_ptr& error);

}  // namespace googlenet::core
