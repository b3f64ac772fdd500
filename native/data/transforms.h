#pragma once

#include <torch/types.h>

#include <array>
#include <cstdint>
#include <vector>

namespace googlenet::data {

struct Normalization {
  std::array<float, 3> mean;
  std::array<float, 3> std;

  bool operator==(const Normalization&) const = default;
};

// A normalisation's numbers on the device where they are used, made once and not for every batch.
struct NormalizationOn {
  NormalizationOn(const Normalization& normalization, c10::Device device);

  Normalization values;
  torch::Tensor mean;
  torch::Tensor std;
};

// RGB bytes [n, h, w, 3] → float [n, 3, h, w]: torchvision's convert_image_dtype and normalize, bit for bit.
torch::Tensor normalize(const torch::Tensor& images, const NormalizationOn& normalization);

// One picture [h, w, 3] of bytes → [crop, crop, 3]: resized to that short edge, bilinear with antialiasing,
// then the centre. torchvision's tensor pipeline (transforms.functional.resize and center_crop) on bytes, bit
// for bit.
torch::Tensor resize_crop(const torch::Tensor& picture, int64_t short_edge, int64_t crop);

// A square of a resized picture.
struct View {
  int64_t top;
  int64_t left;
  int64_t side;
  bool mirrored;
};

// One picture [h, w, 3] of bytes → [n, crop, crop, 3]: all of it to height × width, then each view of that,
// itself resized where its side is not `crop`. As resize_crop, with torchvision's bits.
torch::Tensor crop_views(const torch::Tensor& picture, int64_t height, int64_t width,
                         const std::vector<View>& views, int64_t crop);

}  // namespace googlenet::data
