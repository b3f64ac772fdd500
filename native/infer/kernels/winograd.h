#pragma once

#include <cstddef>
#include <cstdint>

#include "infer/kernels/conv.h"
#include "infer/kernels/maps.h"

namespace googlenet::kernels {

// Convolutions with windows of 3×3 and a stride of 1, after Lavin and Gray, "Fast algorithms for
// convolutional neural networks" (2015), F(4×4, 3×3): 6×6 numbers of the input, transformed, times the
// transformed window give 4×4 of the output, with 36 multiplications in place of 144. AVX-512, float.

constexpr int kWinogradTile = 4;
constexpr int kWinogradPoints = 36;
constexpr int kWinogradGroup = 32;    // output channels computed together
constexpr int kWinogradLongest = 14;  // tiles computed together
constexpr int kWinogradBlock = 56;    // tiles whose sums stay in the second level of the cache

struct WinogradInput {
  Place input;
  Size size;
  int channels;
  int tiles_across;
  float* transformed;  // [points][last - first][channels]
};

// Tiles [first, last), counted row by row.
void transform_input(const WinogradInput& input, int first_tile, int last_tile);

// [outputs][inputs][3][3] → for each group, point and input its 32 outputs.
int64_t winograd_weights_bytes(int outputs, int inputs);
void pack_winograd(const float* weights, int outputs, int inputs, float* packed);

struct WinogradProduct {
  const float* transformed;  // of these tiles
  int tiles_across;
  int channels;
  const float* weights;
  const float* bias;
  Place output;
  Size size;
  int outputs;
  bool relu;
};

// Output channels of groups [first, last) of tiles [first, last), at most kWinogradBlock of them.
void multiply_winograd(const WinogradProduct& product, int first_group, int last_group, int first_tile,
                       int last_tile);

}  // namespace googlenet::kernels
