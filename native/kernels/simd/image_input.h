#pragma once

#include "kernels/contract.h"
#include "kernels/feature_maps.h"
#include "kernels/simd/elements.h"

namespace googlenet::kernels {

namespace {

// `channel_value(c, x)` is a value of pixel x, before scale and shift.
template <DType kTo, int kStored, typename ChannelValue>
ALWAYS_INLINE void write_image_row(const ImageInput& image, int y, const ChannelValue& channel_value) {
  auto* __restrict out = pixel_at<TypeOf<kTo>>(image.output, y, 0);
  for (int x = 0; x < image.size.width; ++x) {
    for (int c = 0; c < 3; ++c)
      out[x * kStored + c] = Element<kTo>::narrow(channel_value(c, x) * image.scale[c] + image.shift[c]);
    if constexpr (kStored == 4) out[x * kStored + 3] = 0;
  }
}

template <DType kTo, int kStored>
ALWAYS_INLINE bool read_float32_image_as(const ImageInput& image, const float* planes, int first_row,
                                         int last_row) {
  const int64_t plane = int64_t{image.size.height} * image.size.width;
  float zero_or_nan = 0;  // NaN as soon as a value is NaN or infinite
  for (int y = first_row; y < last_row; ++y) {
    const float* row = planes + int64_t{y} * image.size.width;
    write_image_row<kTo, kStored>(
        image, y, [&](int c, int x) __attribute__((always_inline)) { return row[c * plane + x]; });
    for (int c = 0; c < 3; ++c) {
      uint32_t largest = 0;
      for (int x = 0; x < image.size.width; ++x)
        largest = max(largest, bit_cast<uint32_t>(row[c * plane + x]) & 0x7fffffff);
      zero_or_nan += bit_cast<float>(largest) * 0;
    }
  }
  return zero_or_nan == 0;
}

template <DType kTo, int kStored>
ALWAYS_INLINE void read_uint8_image_as(const ImageInput& image, const uint8_t* pixels, int first_row,
                                       int last_row) {
  for (int y = first_row; y < last_row; ++y) {
    const uint8_t* row = pixels + int64_t{y} * image.size.width * 3;
    write_image_row<kTo, kStored>(
        image,
        y, [&](int c, int x) __attribute__((always_inline)) { return static_cast<float>(row[x * 3 + c]); });
  }
}

template <DType kTo>
bool read_float32_image(const ImageInput& image, const float* planes, int first_row, int last_row) {
  KERNEL_REQUIRES(keeps_contract(image, kSizeOf<kTo>, first_row, last_row));
  return image.stored_channels == 3 ? read_float32_image_as<kTo, 3>(image, planes, first_row, last_row)
                                    : read_float32_image_as<kTo, 4>(image, planes, first_row, last_row);
}

template <DType kTo>
void read_uint8_image(const ImageInput& image, const uint8_t* pixels, int first_row, int last_row) {
  KERNEL_REQUIRES(keeps_contract(image, kSizeOf<kTo>, first_row, last_row));
  image.stored_channels == 3 ? read_uint8_image_as<kTo, 3>(image, pixels, first_row, last_row)
                             : read_uint8_image_as<kTo, 4>(image, pixels, first_row, last_row);
}

}  // namespace

}  // namespace googlenet::kernels
