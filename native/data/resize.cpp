#include "data/resize.h"

#include <algorithm>
#include <cmath>

namespace googlenet::data {

namespace {

struct Size {
  int64_t height;
  int64_t width;
};

// The long edge is truncated, as int(size * long / short) in Python; integer arithmetic divides exactly here.
Size size_for(int64_t height, int64_t width, int64_t short_edge) {
  if (height <= width) return {short_edge, short_edge * width / height};
  return {short_edge * height / width, short_edge};
}

// Python's round(): halves go to the even neighbor.
int64_t crop_offset(int64_t size, int64_t crop) {
  return std::lrint(static_cast<double>(size - crop) / 2.0);
}

torch::Tensor resize_floats(const torch::Tensor& floats, int64_t height, int64_t width) {
  return at::_upsample_bilinear2d_aa(floats, {height, width}, /*align_corners=*/false, c10::nullopt,
                                     c10::nullopt);
}

// How many values of an image are converted to floats at a time: 8 MB of them.
constexpr int64_t kBlockValues = int64_t{1} << 21;

// The rows of [1, 3, h, w], each resized to `width`. libtorch resizes rows before columns, and each row on
// its own, so blocks of rows give the same bits as all of them together. As floats a whole photograph would
// take four times its memory.
torch::Tensor resize_rows(const torch::Tensor& pixels, int64_t width) {
  const int64_t height = pixels.size(2);
  const int64_t rows = std::max(int64_t{1}, kBlockValues / (3 * pixels.size(3)));
  torch::Tensor resized = torch::empty(
      {1, 3, height, width}, torch::TensorOptions(at::kFloat).memory_format(at::MemoryFormat::ChannelsLast));
  for (int64_t top = 0; top < height; top += rows) {
    const int64_t count = std::min(rows, height - top);
    resized.narrow(2, top, count)
        .copy_(resize_floats(pixels.narrow(2, top, count).to(at::kFloat), count, width));
  }
  return resized;
}

// Bytes [1, 3, h, w].
torch::Tensor resize(const torch::Tensor& pixels, int64_t height, int64_t width) {
  if (height == pixels.size(2) && width == pixels.size(3)) return pixels;
  const bool is_small = pixels.numel() <= kBlockValues;
  const torch::Tensor floats = is_small ? pixels.to(at::kFloat) : resize_rows(pixels, width);
  return resize_floats(floats, height, width).round_().to(at::kByte);
}

// [h, w, 3] → [1, 3, h, w]
torch::Tensor channels_first(const torch::Tensor& image) {
  return image.permute({2, 0, 1}).unsqueeze(0);
}

}  // namespace

torch::Tensor resize_crop(const torch::Tensor& image, int64_t short_edge, int64_t crop) {
  const Size size = size_for(image.size(0), image.size(1), short_edge);
  const torch::Tensor pixels = resize(channels_first(image), size.height, size.width);
  const int64_t top = crop_offset(size.height, crop);
  const int64_t left = crop_offset(size.width, crop);
  return pixels[0].permute({1, 2, 0}).narrow(0, top, crop).narrow(1, left, crop);
}

torch::Tensor multi_crop(const torch::Tensor& image, int64_t height, int64_t width,
                         const std::vector<Square>& squares, int64_t crop) {
  const torch::Tensor pixels = resize(channels_first(image), height, width);
  std::vector<torch::Tensor> crops;
  for (const Square& square : squares) {
    const torch::Tensor cut = pixels.narrow(2, square.top, square.size).narrow(3, square.left, square.size);
    const torch::Tensor resized = resize(cut, crop, crop);
    crops.push_back((square.flipped ? resized.flip(3) : resized)[0].permute({1, 2, 0}));
  }
  return torch::stack(crops);
}

}  // namespace googlenet::data
