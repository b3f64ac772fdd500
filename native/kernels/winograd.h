#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "kernels/conv.h"
#include "kernels/maps.h"

namespace googlenet::kernels {

// Convolutions after Lavin and Gray, "Fast algorithms for convolutional neural networks" (2015). A tile of
// m×n numbers of the output for a window of r×r comes from (m + r − 1)×(n + r − 1) numbers of the input:
// transformed, and times the transformed window, with as many multiplications in place of m·n·r². Floats.

struct WinogradShape {
  int inputs;
  int outputs;
};

struct WinogradInput {
  WinogradShape shape;
  Place input;
  Size size;
  int tiles_across;
  float* transformed;  // [points][last - first][inputs]
};

struct WinogradProduct {
  WinogradShape shape;
  const float* transformed;  // of these tiles
  float* sums;               // sums_bytes to work with
  int tiles_across;
  const float* weights;
  const float* bias;
  Place output;
  Size size;
  bool relu;
};

// For windows of one size with a stride of 1, padded to keep the size of the map.
struct WinogradKernel {
  int window;
  Size tile;                  // of the output
  int points;                 // of a tile
  int group;                  // output channels computed together
  int longest;                // tiles computed together
  int64_t transformed_bytes;  // of tiles that are best transformed before they are multiplied
  int64_t sums_bytes;

  // [outputs][inputs][window][window] → for each group, point and input its outputs.
  void (*pack)(const float* weights, const WinogradShape& shape, float* packed);
  // Tiles [first, last), counted row by row.
  void (*transform_input)(const WinogradInput& input, int first_tile, int last_tile);
  // Output channels of groups [first, last) of tiles [first, last).
  void (*multiply)(const WinogradProduct& product, int first_group, int last_group, int first_tile,
                   int last_tile);

  int64_t weights_bytes(const WinogradShape& shape) const {
    const int64_t groups = (shape.outputs + group - 1) / group;
    return groups * points * shape.inputs * group * static_cast<int64_t>(sizeof(float));
  }
};

// None where a tier has none, or this machine not its instructions. Of two for the same window the one with
// larger tiles comes first: it multiplies less, but has more weights to read.
std::span<const WinogradKernel> winograd_kernels(Tier tier);

}  // namespace googlenet::kernels
