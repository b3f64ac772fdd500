#pragma once

#include <cstddef>
#include <string>
#include <utility>

#include "core/error.h"

namespace googlenet::binding {

// A row of a table that gives values the names they have in options.
template <class Value>
using Choice = std::pair<const char*, Value>;

// The value of a name. Throws INVALID_ARGUMENT for a name that the table lacks; `what` is for the message.
template <class Value, size_t kCount>
Value value_named(const Choice<Value> (&table)[kCount], const std::string& name, const char* what) {
  for (const auto& [known, value] : table) {
    if (name == known) return value;
  }
  throw core::Error("INVALID_ARGUMENT", std::string("Unknown ") + what + " '" + name + "'.");
}

template <class Value, size_t kCount>
const char* name_of(const Choice<Value> (&table)[kCount], Value value) {
  for (const auto& [name, known] : table) {
    if (known == value) return name;
  }
  return "";
}

}  // namespace googlenet::binding
