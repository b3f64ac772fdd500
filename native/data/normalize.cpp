#include "data/normalize.h"

#include "core/threads.h"
#include "core/tuning.h"

namespace googlenet::data {

namespace {

torch::Tensor per_channel(const std::array<float, 3>& values, c10::Device device) {
  return torch::tensor(at::ArrayRef<float>(values.data(), values.size())).to(device);
}

// Normalizes values whose last dimension is the channels, in place.
torch::Tensor normalize_in_place(torch::Tensor values, const DeviceNormalization& normalization) {
  return values.div_(255).sub_(normalization.mean).div_(normalization.std);
}

// What each byte becomes in each channel, [256, 3]. Made with the same operations, so it has the same bits.
torch::Tensor table_of(const DeviceNormalization& normalization) {
  return normalize_in_place(torch::arange(256, at::kFloat).unsqueeze(1).repeat({1, 3}), normalization);
}

// One pass over the memory instead of six.
torch::Tensor look_up(const torch::Tensor& images, const torch::Tensor& table) {
  torch::Tensor normalized = torch::empty(images.sizes(), at::kFloat);
  const auto* bytes = images.const_data_ptr<uint8_t>();
  const auto* values = table.const_data_ptr<float>();
  auto* out = normalized.mutable_data_ptr<float>();
  core::parallel_for(images.numel() / 3, core::kGrainSize, [&](int64_t begin, int64_t end) {
    for (int64_t i = 3 * begin; i < 3 * end; i += 3) {
      for (int64_t channel = 0; channel < 3; ++channel)
        out[i + channel] = values[3 * bytes[i + channel] + channel];
    }
  });
  return normalized;
}

}  // namespace

DeviceNormalization::DeviceNormalization(const Normalization& normalization, c10::Device device)
    : values(normalization),
      mean(per_channel(normalization.mean, device)),
      std(per_channel(normalization.std, device)) {}

torch::Tensor normalize(const torch::Tensor& images, const DeviceNormalization& normalization) {
  const torch::Tensor normalized = images.is_cpu() ? look_up(images.contiguous(), table_of(normalization))
                                                   : normalize_in_place(images.to(at::kFloat), normalization);
  return normalized.permute({0, 3, 1, 2});
}

}  // namespace googlenet::data
