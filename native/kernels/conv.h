#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "kernels/cpu.h"

namespace googlenet::kernels {

// Convolutions over maps whose numbers of one pixel lie side by side. All numbers that one row of a window
// meets are neighbours too, so a window is a few rows, and a convolution a product of matrices whose rows
// overlap: nothing is copied in front of it.

enum class Number : uint8_t { kFloat, kBfloat16, kByte };

constexpr int64_t size_of(Number number) {
  return number == Number::kFloat ? 4 : number == Number::kBfloat16 ? 2 : 1;
}

// Pixels next to each other, in the input and in the output.
struct Run {
  int32_t input;   // index of the first pixel
  int32_t output;  // the same in the output
  int32_t count;
  uint32_t wanted;  // bit i: the i-th pixel is of the picture and not of the border around it
};

struct Convolution {
  const std::byte* input;  // pixel 0
  int64_t input_stride;    // bytes from a pixel to the next
  const int64_t* rows;     // bytes from a pixel to where each row of its window begins
  int row_count;
  int row_chunks;            // what a row of a window holds, in steps of the kernel
  const std::byte* weights;  // as pack.h has them
  const float* scale;        // of each output channel, or null for 1
  const float* bias;
  std::byte* output;
  int64_t output_stride;
  int outputs;  // channels
  bool relu;
  // What is read after this call, fetched into the cache meanwhile as far as there is time; or null.
  const std::byte* ahead;
  int64_t ahead_bytes;
};

struct ConvKernel {
  Tier tier;
  bool (*runs_here)();  // whether this machine has all of its instructions
  Number input;         // of the weights too; bytes of the input have no sign, those of the weights have one
  int step;             // input numbers of one chunk: a row of a window is filled up with zeros to a multiple
  int interleave;       // of them beside each other in the weights
  int lanes;            // output channels of a vector
  int group;            // output channels computed together, two vectors: the unit of work
  bool narrows;         // a last group of one vector has weights of one vector
  int longest;          // pixels of a run
  bool masks;           // takes runs with unwanted pixels

  // Output channels of groups [first, last) for all pixels of the runs, by the numbers of the output; null
  // where there is none. Reads up to `longest` pixels from the start of a run, and up to a chunk beyond a row
  // of a window; what lies there must be finite.
  void (*to[3])(const Convolution& conv, const Run* runs, int run_count, int first_group, int last_group);

  // Around all calls of a thread.
  void (*begin)();
  void (*end)();
};

// All there are, for whatever machine; of two with the same tier and numbers the faster first.
std::span<const ConvKernel* const> conv_kernels();

// Null where a tier has no kernel for these numbers, or this machine not its instructions.
const ConvKernel* conv_kernel(Tier tier, Number input);

}  // namespace googlenet::kernels
