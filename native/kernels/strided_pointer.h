#pragma once

#include <cstddef>
#include <cstdint>

namespace googlenet::kernels {

struct Size {
  int height;
  int width;

  bool operator==(const Size&) const = default;
};

// A feature map in memory, [height][width][channels].
struct StridedPointer {
  std::byte* data;       // pixel (0, 0)
  int64_t row_stride;    // bytes from a row to the next
  int64_t pixel_stride;  // bytes from a pixel to the next
};

}  // namespace googlenet::kernels
