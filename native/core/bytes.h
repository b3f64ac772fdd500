#pragma once

#include <cstddef>
#include <cstdint>

namespace googlenet::core {

// Borrowed memory.
struct Bytes {
  const uint8_t* data = nullptr;
  size_t size = 0;
};

}  // namespace googlenet::core
