#include "data/transforms.h"

#include <algorithm>
#include <cmath>

#include "core/threads.h"

namespace googlenet::data {

namespace {

// Pixels that are worth a thread.
constexpr int64_t kGrain = 32768;

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

torch::Tensor channels(const std::array<float, 3>& values, c10::Device device) {
  return torch::tensor(at::ArrayRef<float>(values.data(), values.size())).to(device);
}

// Numbers whose last dimension is the channels, changed in place.
torch::Tensor scale(torch::Tensor numbers, const NormalizationOn& normalization) {
  return numbers.div_(255).sub_(normalization.mean).div_(normalization.std);
}

// What each byte becomes in each channel, [256, 3]: the same operations, so the same bits.
torch::Tensor table_of(const NormalizationOn& normalization) {
  return scale(torch::arange(256, at::kFloat).unsqueeze(1).repeat({1, 3}), normalization);
}

// One pass over the memory in place of six.
torch::Tensor look_up(const torch::Tensor& images, const torch::Tensor& table) {
  torch::Tensor numbers = torch::empty(images.sizes(), at::kFloat);
  const auto* bytes = images.const_data_ptr<uint8_t>();
  const auto* values = table.const_data_ptr<float>();
  auto* out = numbers.mutable_data_ptr<float>();
  core::parallel_for(images.numel() / 3, kGrain, [&](int64_t begin, int64_t end) {
    for (int64_t i = 3 * begin; i < 3 * end; i += 3) {
      for (int64_t channel = 0; channel < 3; ++channel)
        out[i + channel] = values[3 * bytes[i + channel] + channel];
    }
  });
  return numbers;
}

}  // namespace

NormalizationOn::NormalizationOn(const Normalization& normalization, c10::Device device)
    : values(normalization),
      mean(channels(normalization.mean, device)),
      std(channels(normalization.std, device)) {}

torch::Tensor normalize(const torch::Tensor& images, const NormalizationOn& normalization) {
  const torch::Tensor normalized = images.is_cpu() ? look_up(images.contiguous(), table_of(normalization))
                                                   : scale(images.to(at::kFloat), normalization);
  return normalized.permute({0, 3, 1, 2});
}

namespace {

torch::Tensor resize_floats(const torch::Tensor& floats, int64_t height, int64_t width) {
  return at::_upsample_bilinear2d_aa(floats, {height, width}, /*align_corners=*/false, c10::nullopt,
                                     c10::nullopt);
}

// Values that are floats at once: 8 MB.
constexpr int64_t kBlockPixels = int64_t{1} << 21;

// The rows of [1, 3, h, w], each resized to `width`. libtorch resizes rows before columns, and each row
// alone, so blocks of rows give the bits of all of them together. The floats of a whole photograph would take
// four times its memory.
torch::Tensor resize_rows(const torch::Tensor& pixels, int64_t width) {
  const int64_t height = pixels.size(2);
  const int64_t rows = std::max(int64_t{1}, kBlockPixels / (3 * pixels.size(3)));
  torch::Tensor resized = torch::empty(
      {1, 3, height, width}, torch::TensorOptions(at::kFloat).memory_format(at::MemoryFormat::ChannelsLast));
  for (int64_t top = 0; top < height; top += rows) {
    const int64_t count = std::min(rows, height - top);
    resized.narrow(2, top, count)
        .copy_(resize_floats(pixels.narrow(2, top, count).to(at::kFloat), count, width));
  }
  return resized;
}

// [1, 3, h, w] of bytes.
torch::Tensor resize(const torch::Tensor& pixels, int64_t height, int64_t width) {
  if (height == pixels.size(2) && width == pixels.size(3)) return pixels;
  const bool is_small = pixels.numel() <= kBlockPixels;
  const torch::Tensor floats = is_small ? pixels.to(at::kFloat) : resize_rows(pixels, width);
  return resize_floats(floats, height, width).round_().to(at::kByte);
}

}  // namespace

torch::Tensor resize_crop(const torch::Tensor& picture, int64_t short_edge, int64_t crop) {
  const int64_t height = picture.size(0);
  const int64_t width = picture.size(1);
  const Size size = resized(height, width, short_edge);
  const torch::Tensor pixels = resize(picture.permute({2, 0, 1}).unsqueeze(0), size.height, size.width);
  const int64_t top = crop_offset(size.height, crop);
  const int64_t left = crop_offset(size.width, crop);
  return pixels[0].permute({1, 2, 0}).narrow(0, top, crop).narrow(1, left, crop);
}

torch::Tensor crop_views(const torch::Tensor& picture, int64_t height, int64_t width,
                         const std::vector<View>& views, int64_t crop) {
  const torch::Tensor pixels = resize(picture.permute({2, 0, 1}).unsqueeze(0), height, width);
  std::vector<torch::Tensor> crops;
  for (const View& view : views) {
    const torch::Tensor square = pixels.narrow(2, view.top, view.side).narrow(3, view.left, view.side);
    const torch::Tensor sized = resize(square, crop, crop);
    crops.push_back((view.mirrored ? sized.flip(3) : sized)[0].permute({1, 2, 0}));
  }
  return torch::stack(crops);
}

}  // namespace googlenet::data
