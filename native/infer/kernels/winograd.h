#pragma once

#include <cstddef>
#include <cstdint>

#include "infer/kernels/conv.h"
#include "infer/kernels/maps.h"

namespace googlenet::kernels {

// Convolutions after Lavin and Gray, "Fast algorithms for convolutional neural networks" (2015), with tiles
// of 6×6 numbers of the input: transformed, times the transformed window, they give m×m numbers of the output
// for a window of (7 − m)×(7 − m), with 36 multiplications in place of (m·(7 − m))². Floats.

constexpr int kWinogradSide = 6;
constexpr int kWinogradPoints = kWinogradSide * kWinogradSide;

// Windows of 3×3 or 5×5 with a stride of 1, padded to keep the size of the map.
struct WinogradShape {
  int window;
  int inputs;
  int outputs;

  constexpr int tile() const { return kWinogradSide + 1 - window; }  // numbers of the output in a row
};

constexpr bool has_winograd(int window) {
  return window == 3 || window == 5;
}

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
  int tiles_across;
  const float* weights;
  const float* bias;
  Place output;
  Size size;
  bool relu;
};

struct WinogradKernel {
  int group;                  // output channels computed together
  int longest;                // tiles computed together
  int64_t transformed_bytes;  // of tiles that are best transformed before they are multiplied

  // [outputs][inputs][window][window] → for each group, point and input its outputs.
  void (*pack)(const float* weights, const WinogradShape& shape, float* packed);
  // Tiles [first, last), counted row by row.
  void (*transform_input)(const WinogradInput& input, int first_tile, int last_tile);
  // Output channels of groups [first, last) of tiles [first, last).
  void (*multiply)(const WinogradProduct& product, int first_group, int last_group, int first_tile,
                   int last_tile);

  int64_t weights_bytes(const WinogradShape& shape) const {
    const int64_t groups = (shape.outputs + group - 1) / group;
    return groups * kWinogradPoints * shape.inputs * group * static_cast<int64_t>(sizeof(float));
  }
};

// Null where a tier has none, or this machine not its instructions.
const WinogradKernel* winograd_kernel(Tier tier);

}  // namespace googlenet::kernels
