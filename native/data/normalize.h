#pragma once

#include <torch/types.h>

#include <array>

namespace googlenet::data {

// Per channel, of values in [0, 1].
struct Normalization {
  std::array<float, 3> mean;
  std::array<float, 3> std;

  bool operator==(const Normalization&) const = default;
};

// A normalization with its tensors on the device that uses them, made once and not for every batch.
struct DeviceNormalization {
  DeviceNormalization(const Normalization& normalization, c10::Device device);

  Normalization values;
  torch::Tensor mean;
  torch::Tensor std;
};

// RGB bytes [n, h, w, 3] → float32 [n, 3, h, w]. Bit-equal to torchvision's convert_image_dtype and
// normalize.
torch::Tensor normalize(const torch::Tensor& images, const DeviceNormalization& normalization);

}  // namespace googlenet::data
