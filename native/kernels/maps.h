#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/conv.h"

namespace googlenet::kernels {

// What is no convolution, over rows of a map: [height][width][channels].

// Where a map's numbers lie.
struct Place {
  std::byte* first;  // of pixel (0, 0)
  int64_t row;       // bytes from a row to the next
  int64_t pixel;     // bytes from a pixel to the next
};

struct Size {
  int height;
  int width;
};

// A picture on its way in: times `scale` and plus `shift` of its channel.
struct Picture {
  Size size;
  float scale[3];
  float shift[3];
  Place output;
  int stored;  // numbers of a pixel in the output: 3, or 4 of which the last is zero
};

// Numbers of the input are zero or more, or NaN, which wins over all others; floats may be below zero.
struct MaxPool {
  Place input;
  Size input_size;
  Place output;
  int output_width;
  int channels;
  int window;  // 2 or 3
  int stride;
  int padding;
};

struct Average {
  Place input;
  Size input_size;
  Place output;
  Size output_size;
  int channels;
  int window, stride;  // both 0: the windows of torch::adaptive_avg_pool2d
  float scale;         // times the mean
};

// torch::local_response_norm over 5 channels with an exponent of 0.75.
struct Normalize {
  Place input;
  Place output;
  int width;
  int channels;
  float alpha, k;
  float input_scale, output_scale;  // a stored number times its scale is the number that is meant
};

constexpr int kMostNormalized = 1024;  // channels

// One source, compiled for each tier.
struct MapKernels {
  // From planes [3][height][width]. False where a number is NaN or infinite.
  bool (*read_floats)(Number to, const Picture& picture, const float* planes, int first_row, int last_row);
  // From pixels [height][width][3].
  void (*read_bytes)(Number to, const Picture& picture, const uint8_t* pixels, int first_row, int last_row);
  void (*max_pool)(Number number, const MaxPool& pool, int first_row, int last_row);
  void (*average)(Number from, Number to, const Average& average, int first_row, int last_row);
  void (*normalize)(Number number, const Normalize& normalize, int first_row, int last_row);
};

const MapKernels& map_kernels(Tier tier);

}  // namespace googlenet::kernels
