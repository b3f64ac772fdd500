#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "kernels/convolution.h"
#include "kernels/strided_pointer.h"

namespace googlenet::kernels {

// Winograd convolution after Lavin and Gray, "Fast algorithms for convolutional neural networks" (2015), in
// float32. F(m×n, r×r): an output tile of m×n values for a kernel of r×r comes from an input tile of (m + r −
// 1)×(n + r − 1) values. The input tile and the kernel are transformed into as many points, which are
// multiplied one by one: fewer multiplications than m·n·r².

struct WinogradChannels {
  int inputs;
  int outputs;
};

// Transforms input tiles into points.
struct WinogradInput {
  WinogradChannels channels;
  StridedPointer input;
  Size size;
  int tiles_per_row;
  float* transformed;  // [points][last - first][inputs]
};

// Multiplies transformed tiles with transformed weights and transforms the sums into values of the output.
struct WinogradProduct {
  WinogradChannels channels;
  const float* transformed;  // of the same tiles
  float* sums;               // workspace of sums_bytes, on a cache line
  int tiles_per_row;
  const float* weights;  // packed
  const float* bias;
  StridedPointer output;
  Size size;
  bool relu;
};

// For one kernel size, a stride of 1, and the padding that keeps the size of the feature map.
struct WinogradKernel {
  const char* name;  // F(m×n, r×r)
  int kernel_size;
  Size tile;                  // of the output
  int points;                 // of a tile
  int block;                  // output channels computed together
  int max_tiles;              // computed together: of a row tile of the direct kernel that multiplies
  int64_t transformed_bytes;  // of tiles that are best transformed before they are multiplied
  int64_t sums_bytes;

  // [outputs][inputs][kernel_size][kernel_size] → [block][point][input][output channel of the block].
  void (*pack)(const float* weights, const WinogradChannels& channels, float* packed);
  // Tiles [first, last), counted row by row.
  void (*transform_input)(const WinogradInput& input, int first_tile, int last_tile);
  // Blocks [first, last) of output channels of tiles [first, last).
  void (*multiply)(const WinogradProduct& product, int first_block, int last_block, int first_tile,
                   int last_tile);

  int64_t weights_bytes(const WinogradChannels& channels) const {
    const int64_t blocks = (channels.outputs + block - 1) / block;
    return blocks * points * channels.inputs * block * static_cast<int64_t>(sizeof(float));
  }
};

// Empty where an instruction set has none, or this machine not its instructions. Of two for the same kernel
// size the one with larger tiles comes first: it multiplies less, but has more weights to read.
std::span<const WinogradKernel> winograd_kernels(InstructionSet set);

// F(4×4, 3×3), F(2×4, 3×3) and F(2×2, 5×5) of an instruction set.
struct WinogradKernels {
  WinogradKernel kernels[3];
};

WinogradKernels winograd_kernels_avx2(int64_t transformed_bytes);
WinogradKernels winograd_kernels_avx512(int64_t transformed_bytes);

// For KERNEL_REQUIRES: true, or aborts with what the call breaks.
bool keeps_contract(const WinogradInput& input, Size tile, int first_tile, int last_tile);
bool keeps_contract(const WinogradProduct& product, Size tile, int block, int first_block, int last_block,
                    int first_tile, int last_tile);

}  // namespace googlenet::kernels
