#pragma once

#include <torch/types.h>

#include <array>
#include <cstdint>

namespace googlenet {

struct Normalization {
  std::array<float, 3> mean;
  std::array<float, 3> std;
};

// RGB bytes [n, h, w, 3] → float [n, 3, h, w]: torchvision's convert_image_dtype and normalize, bit for bit.
torch::Tensor normalize(const torch::Tensor& images, const Normalization& normalization);

// One picture [h, w, 3] of bytes → [crop, crop, 3]: the short edge to `resize`, bilinear with antialiasing,
// then the centre. torchvision's tensor pipeline (transforms.functional.resize and center_crop) on bytes, bit
// for bit.
torch::Tensor resize_crop(const torch::Tensor& picture, int64_t resize, int64_t crop);

}  // namespace googlenet
