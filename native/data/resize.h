#pragma once

#include <torch/types.h>

#include <cstdint>
#include <vector>

namespace googlenet::data {

// Resizing is bilinear with antialiasing, bit-equal to torchvision's tensor pipeline on bytes
// (transforms.functional.resize, center_crop and crop).

// One image of bytes [h, w, 3] → [crop, crop, 3]: its short edge is resized to `short_edge`, then its center
// is cut out.
torch::Tensor resize_crop(const torch::Tensor& image, int64_t short_edge, int64_t crop);

// A square of a resized image.
struct Square {
  int64_t top;
  int64_t left;
  int64_t size;
  bool flipped;  // left to right, afterwards
};

// One image of bytes [h, w, 3] → [n, crop, crop, 3]: the image is resized to height × width, and each square
// of the result to crop × crop where its size differs.
torch::Tensor multi_crop(const torch::Tensor& image, int64_t height, int64_t width,
                         const std::vector<Square>& squares, int64_t crop);

}  // namespace googlenet::data
