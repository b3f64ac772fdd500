#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "kernels/cpu.h"
#include "kernels/dtype.h"

namespace googlenet::kernels {

// Direct convolution of feature maps [height][width][channels]. All values that one row of the
// kernel covers are neighbours in memory, so the values under a kernel are a few rows, and a convolution is a
// matrix product whose rows overlap: nothing is copied before it (no im2col).

// Neighbouring pixels, in the input and in the output.
struct RowTile {
  int32_t input;   // index of the first pixel
  int32_t output;  // the same in the output
  int32_t count;   // pixels, 1 to max_pixels of the kernel
  uint32_t mask;   // bit i: pixel i belongs to the feature map and not to the border around it
};

// A mask of the first `count` of 32 pixels.
constexpr uint32_t first_bits(int count) {
  return count == 32 ? ~0u : (1u << count) - 1;
}

struct Convolution {
  const std::byte* input;      // pixel 0
  int64_t input_stride;        // bytes from a pixel to the next
  const int64_t* kernel_rows;  // bytes from a pixel to the start of each kernel row
  int kernel_row_count;
  int row_chunks;            // chunks of the kernel in a kernel row
  const std::byte* weights;  // packed, see conv_weights.h
  const float* scale;        // of each output channel, or null for 1
  const float* bias;
  std::byte* output;
  int64_t output_stride;
  int output_channels;
  bool relu;
  // Read after this call, so it is prefetched into the second-level cache as far as there is time; or null.
  const std::byte* prefetch;
  int64_t prefetch_bytes;
};

// Computes blocks [first, last) of output channels for all pixels of the tiles.
// Reads `max_pixels` pixels from the start of each tile and whole chunks of each kernel row; the values
// beyond the kernel meet weights of zero, so they must be finite.
using ConvFunction = void (*)(const Convolution& conv, const RowTile* tiles, int tile_count, int first_block,
                              int last_block);

struct ConvKernel {
  const char* name;  // type of the input, pixels × output channels of a tile, instruction set
  InstructionSet instruction_set;
  bool (*is_supported)();  // whether this machine has all of its instructions
  DType input;
  int chunk;       // input values that one step multiplies: kernel rows are padded with zeros to a multiple
  int interleave;  // of these, values that stand side by side in the packed weights of a channel
  int lanes;       // output channels of a vector
  int block;       // output channels computed together, two vectors: the unit of work
  bool narrow_last_block;  // a last block of one vector has packed weights for one vector only
  int max_pixels;          // of a row tile
  bool takes_masks;        // whether bits of a tile's mask may be zero

  // By DType of the output; null where there is none.
  ConvFunction to[3];

  // Called around all work of a thread.
  void (*begin_thread)();
  void (*end_thread)();
};

// All kernels, whatever the machine has; of two for the same instruction set and type the faster one first.
std::span<const ConvKernel* const> conv_kernels();

// The first that this machine supports, or null.
const ConvKernel* find_conv_kernel(InstructionSet set, DType input);

// For KERNEL_REQUIRES at the entry of a kernel: true, or aborts with what the call breaks.
bool keeps_contract(const ConvKernel& kernel, const Convolution& conv, const RowTile* tiles, int tile_count,
                    int first_block, int last_block);

}  // namespace googlenet::kernels
