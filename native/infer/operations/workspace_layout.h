#pragma once

#include <cstdint>

#include "infer/operation.h"

namespace googlenet::infer {

// Parts of a workspace start at a cache line.
inline int64_t round_up_to_cache_line(int64_t bytes) {
  constexpr int64_t kCacheLine = 64;
  return (bytes + kCacheLine - 1) / kCacheLine * kCacheLine;
}

inline float* floats_at(const Workspace& workspace, int64_t offset) {
  return reinterpret_cast<float*>(workspace.memory.data() + offset);
}

}  // namespace googlenet::infer
