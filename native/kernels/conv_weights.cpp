#include "kernels/conv_weights.h"

#include <algorithm>
#include <cstring>

namespace googlenet::kernels {

namespace {

constexpr int divide_up(int a, int b) {
  return (a + b - 1) / b;
}

// Vectors of channels in a block: the kernel's two, or one at the end.
int vectors_of(const ConvKernel& kernel, int outputs, int block) {
  const int left = outputs - block * kernel.block;
  return kernel.narrow_last_block && left <= kernel.lanes ? 1 : kernel.block / kernel.lanes;
}

// `Bits` has the size of the kernel's type; what the bits mean does not matter here.
template <typename Bits>
void pack_bits(const ConvKernel& kernel, const ConvWeights& w, Bits* packed) {
  const auto* values = reinterpret_cast<const Bits*>(w.values);
  const int chunks = row_chunks(kernel, w.kernel_size, w.stored_inputs);
  const int64_t plane = int64_t{w.kernel_size} * w.kernel_size, output = w.inputs * plane;
  const int64_t vector = int64_t{kernel.lanes} * kernel.chunk;
  for (int block = 0; block < block_count(kernel, w.outputs); ++block) {
    const int vectors = vectors_of(kernel, w.outputs, block);
    for (int row = 0; row < w.kernel_size; ++row) {
      for (int k = 0; k < w.kernel_size * w.stored_inputs; ++k) {
        const int column = k / w.stored_inputs, in = k % w.stored_inputs, in_chunk = k % kernel.chunk;
        if (in >= w.inputs) continue;
        Bits* chunk = packed + (int64_t{row} * chunks + k / kernel.chunk) * vectors * vector +
                      in_chunk / kernel.interleave * kernel.lanes * kernel.interleave +
                      in_chunk % kernel.interleave;
        const Bits* from = values + in * plane + row * w.kernel_size + column;
        for (int v = 0; v < vectors; ++v) {
          const int first = block * kernel.block + v * kernel.lanes;
          const int lanes = std::min(kernel.lanes, w.outputs - first);
          for (int lane = 0; lane < lanes; ++lane)
            chunk[v * vector + lane * kernel.interleave] = from[(first + lane) * output];
        }
      }
    }
    packed += w.kernel_size * chunks * vectors * vector;
  }
}

}  // namespace

int row_chunks(const ConvKernel& kernel, int kernel_size, int stored_inputs) {
  return divide_up(kernel_size * stored_inputs, kernel.chunk);
}

int block_count(const ConvKernel& kernel, int outputs) {
  return divide_up(outputs, kernel.block);
}

int64_t packed_bytes(const ConvKernel& kernel, const ConvWeights& w) {
  int64_t vectors = 0;
  for (int block = 0; block < block_count(kernel, w.outputs); ++block)
    vectors += vectors_of(kernel, w.outputs, block);
  const int64_t chunk = int64_t{kernel.lanes} * kernel.chunk * size_of(kernel.input);
  return vectors * w.kernel_size * row_chunks(kernel, w.kernel_size, w.stored_inputs) * chunk;
}

void pack(const ConvKernel& kernel, const ConvWeights& w, std::byte* packed) {
  std::memset(packed, 0, static_cast<size_t>(packed_bytes(kernel, w)));
  switch (kernel.input) {
    case DType::kFloat32:
      return pack_bits(kernel, w, reinterpret_cast<uint32_t*>(packed));
    case DType::kBfloat16:
      return pack_bits(kernel, w, reinterpret_cast<uint16_t*>(packed));
    case DType::kUint8:
      return pack_bits(kernel, w, reinterpret_cast<uint8_t*>(packed));
  }
}

}  // namespace googlenet::kernels
