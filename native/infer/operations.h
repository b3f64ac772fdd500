#pragma once

#include "infer/plan.h"

namespace googlenet::infer {

// Where a value lies in the arena.
struct Map {
  kernels::Size size;
  kernels::Number number;
  int channels;  // numbers of a pixel
  int border;    // rows of zeros above and below, and pixels at the side
  int pitch;     // pixels from a row to the next; the border at the right is the one at the left of the next
  int64_t offset;         // of pixel (0, 0)
  int64_t before, after;  // bytes in front of it and behind the last row
  int64_t bytes;          // of all

  int64_t pixel_bytes() const { return channels * kernels::size_of(number); }
  int64_t row_bytes() const { return pitch * pixel_bytes(); }
  kernels::Place place(std::byte* arena, int channel = 0) const {
    return {arena + offset + channel * kernels::size_of(number), row_bytes(), pixel_bytes()};
  }
};

using OperationPtr = std::unique_ptr<Operation>;

OperationPtr clear_borders(const Map& map);
OperationPtr read_picture(kernels::Tier tier, const Map& map);
// Convolutions with the same input and window.
struct Sibling {
  Layer layer;
  const PackedConvolution* convolution;
  Map output;
};
OperationPtr convolve(const Map& input, std::vector<Sibling> siblings);
// A convolution by Winograd's way.
OperationPtr winograd(const Layer& layer, const PackedConvolution& convolution, const Map& input,
                      const Map& output);
OperationPtr winograd_rows(const Layer& layer, const PackedConvolution& convolution, const Map& input,
                           const Map& output);
// Pooling, average or normalisation.
OperationPtr map_operation(kernels::Tier tier, const Layer& layer, const Map& input, const Map& output,
                           float input_scale, float output_scale);

}  // namespace googlenet::infer
