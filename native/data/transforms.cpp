#include "data/transforms.h"

#include <cmath>

namespace googlenet {

namespace {

struct Size {
  int64_t height;
  int64_t width;
};

// The long edge is truncated, as int(size * long / short) in Python; the division is exact integer arithmetic
// here.
Size resized(int64_t height, int64_t width, int64_t short_edge) {
  if (height <= width) return {short_edge, short_edge * width / height};
  return {short_edge * height / width, short_edge};
}

// Python's round(): halves go to the even neighbour.
int64_t crop_offset(int64_t size, int64_t crop) {
  return std::lrint(static_cast<double>(size - crop) / 2.0);
}

}  // namespace

torch::Tensor normalize(const torch::Tensor& images, const Normalization& normalization) {
  const auto channel = [](const std::array<float, 3>& values) {
    return torch::tensor(at::ArrayRef<float>(values.data(), values.size())).view({3, 1, 1});
  };
  const auto device = images.device();
  return images.permute({0, 3, 1, 2})
      .to(at::kFloat)
      .contiguous()
      .div_(255)
      .sub_(channel(normalization.mean).to(device))
      .div_(channel(normalization.std).to(device));
}

torch::Tensor resize_crop(const torch::Tensor& picture, int64_t resize, int64_t crop) {
  const int64_t height = picture.size(0);
  const int64_t width = picture.size(1);
  const Size size = resized(height, width, resize);
  torch::Tensor pixels = picture.permute({2, 0, 1}).unsqueeze(0);  // [1, 3, h, w]
  if (size.height != height || size.width != width) {
    pixels = at::_upsample_bilinear2d_aa(pixels.to(at::kFloat), {size.height, size.width},
                                         /*align_corners=*/false, c10::nullopt, c10::nullopt)
                 .round_()
                 .to(at::kByte);
  }
  const int64_t top = crop_offset(size.height, crop);
  const int64_t left = crop_offset(size.width, crop);
  return pixels[0].permute({1, 2, 0}).narrow(0, top, crop).narrow(1, left, crop);
}

}  // namespace googlenet
