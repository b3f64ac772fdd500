#pragma once

#include "kernels/conv.h"
#include "kernels/maps.h"

namespace googlenet::kernels {

// Winograd's way along rows only, for a first convolution: few channels, a window of 7×7, a stride of 2 and a
// padding of 3. Two pixels beside each other count as one with twice the numbers; over those the window is
// seven rows of four, with a stride of 1. Four numbers of an output row come from seven pairs, by seven
// points whose sums go over all rows of the window: half of the multiplications. Floats.
constexpr int kRowsWindow = 7, kRowsStride = 2, kRowsPadding = 3;
constexpr int kRowsMostInputs = 4;
constexpr int kRowsTile = 4;    // numbers of an output row
constexpr int kRowsPoints = 7;  // of a tile

struct RowsInput {
  int inputs;
  Place input;
  Size size;
  int tiles;           // of a row
  float* transformed;  // [points][last - first][row_floats()]
  float* line;         // line_floats() to work with
};

struct RowsProduct {
  int inputs, outputs;
  const float* transformed;  // from row `first_row` of the input on, of `rows` rows
  int first_row, rows;
  float* sums;  // sums_bytes to work with
  int tiles;
  const float* weights;
  const float* bias;
  Place output;
  int width;  // of the output
  bool relu;
};

struct RowsKernel {
  int group;                  // output channels computed together
  int64_t transformed_bytes;  // of rows that are best transformed before they are multiplied
  int64_t sums_bytes;

  // [outputs][inputs][7][7] → for each group, point, row of the window and number of a pair its outputs.
  void (*pack)(const float* weights, int inputs, int outputs, float* packed);
  // Rows [first, last) of the input; those in front of it and behind it are zeros.
  void (*transform_input)(const RowsInput& input, int first_row, int last_row);
  // Rows [first, last) of the output, which need rows 2 · first − 3 to 2 · last + 1 of the input.
  void (*multiply)(const RowsProduct& product, int first_row, int last_row);

  int64_t weights_bytes(int inputs, int outputs) const {
    const int64_t groups = (outputs + group - 1) / group;
    return groups * kRowsPoints * kRowsWindow * 2 * inputs * group * static_cast<int64_t>(sizeof(float));
  }
};

// Numbers of a row of one point, with some for whole vectors.
constexpr int64_t row_floats(int tiles, int inputs) {
  return int64_t{tiles} * 2 * inputs + 8;
}

// Of a row of the input with zeros around it.
constexpr int64_t line_floats(int tiles, int inputs) {
  return (int64_t{tiles} * 8 + 16) * inputs;
}

// Null where a tier has none, or this machine not its instructions.
const RowsKernel* rows_kernel(Tier tier);

}  // namespace googlenet::kernels
