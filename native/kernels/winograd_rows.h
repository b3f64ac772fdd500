#pragma once

#include "kernels/convolution.h"
#include "kernels/strided_pointer.h"

namespace googlenet::kernels {

// Winograd convolution along rows only, F(4, 4), for a first convolution: few channels, a kernel of 7×7, a
// stride of 2 and a padding of 3. Two neighbouring pixels count as one with twice the channels; over such
// pairs the kernel has seven rows of four, with a stride of 1. Four values of an output row come from seven
// pairs, by seven points whose sums go over all rows of the kernel: half of the multiplications. In float32.
constexpr int kRowsKernelSize = 7, kRowsStride = 2, kRowsPadding = 3;
constexpr int kRowsMaxInputs = 4;
constexpr int kRowsTile = 4;    // values of an output row
constexpr int kRowsPoints = 7;  // of a tile

struct WinogradRowsInput {
  int inputs;
  StridedPointer input;
  Size size;
  int tiles_per_row;
  float* transformed;  // [points][last - first][row_floats()]
  float* line;         // workspace of line_floats()
};

struct WinogradRowsProduct {
  int inputs, outputs;
  const float* transformed;  // from row `first_row` of the input on, of `rows` rows
  int first_row, rows;
  float* sums;  // workspace of sums_bytes, on a cache line
  int tiles_per_row;
  const float* weights;  // packed
  const float* bias;
  StridedPointer output;
  int width;  // of the output
  bool relu;
};

struct WinogradRowsKernel {
  int block;                  // output channels computed together
  int64_t transformed_bytes;  // of rows that are best transformed before they are multiplied
  int64_t sums_bytes;

  // [outputs][inputs][7][7] → [block][point][row of the kernel][value of a pair][output channel of the
  // block].
  void (*pack)(const float* weights, int inputs, int outputs, float* packed);
  // Rows [first, last) of the input; those above and below it are zeros.
  void (*transform_input)(const WinogradRowsInput& input, int first_row, int last_row);
  // Rows [first, last) of the output, which need rows 2 · first − 3 to 2 · last + 1 of the input.
  void (*multiply)(const WinogradRowsProduct& product, int first_row, int last_row);

  int64_t weights_bytes(int inputs, int outputs) const {
    const int64_t blocks = (outputs + block - 1) / block;
    return blocks * kRowsPoints * kRowsKernelSize * 2 * inputs * block * static_cast<int64_t>(sizeof(float));
  }
};

// Floats of a transformed row of one point, with some for whole vectors.
[[gnu::always_inline]] constexpr int64_t row_floats(int tiles_per_row, int inputs) {
  return int64_t{tiles_per_row} * 2 * inputs + 8;
}

// Of a row of the input with zeros around it.
[[gnu::always_inline]] constexpr int64_t line_floats(int tiles_per_row, int inputs) {
  return (int64_t{tiles_per_row} * 8 + 16) * inputs;
}

// Null where an instruction set has none, or this machine not its instructions.
const WinogradRowsKernel* winograd_rows_kernel(InstructionSet set);

WinogradRowsKernel winograd_rows_kernel_avx2();
WinogradRowsKernel winograd_rows_kernel_avx512();

// For KERNEL_REQUIRES: true, or aborts with what the call breaks.
bool keeps_contract(const WinogradRowsInput& input, int first_row, int last_row);
bool keeps_contract(const WinogradRowsProduct& product, int first_row, int last_row);

}  // namespace googlenet::kernels
