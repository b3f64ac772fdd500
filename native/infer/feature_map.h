#pragma once

#include <cstdint>

#include "kernels/dtype.h"
#include "kernels/strided_pointer.h"

namespace googlenet::infer {

// Where a tensor lies in the arena: [height][width][channels], with zeros around it that windows of
// convolutions reach.
struct FeatureMap {
  kernels::Size size;
  kernels::DType dtype;
  int channels;  // elements of a pixel
  int border;    // rows of zeros above and below, and pixels of zeros at the sides
  int pitch;  // pixels from a row to the next; the border at the right is the one at the left of the next row
  int64_t offset;         // of pixel (0, 0), in bytes
  int64_t before, after;  // bytes in front of it and behind the last row
  int64_t bytes;          // of all

  int64_t pixel_bytes() const { return channels * kernels::size_of(dtype); }
  int64_t row_bytes() const { return pitch * pixel_bytes(); }
  kernels::StridedPointer in(std::byte* arena, int channel = 0) const {
    return {arena + offset + channel * kernels::size_of(dtype), row_bytes(), pixel_bytes()};
  }
};

}  // namespace googlenet::infer
