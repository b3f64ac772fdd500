#include "kernels/pack.h"

#include <algorithm>
#include <cstring>

namespace googlenet::kernels {

namespace {

constexpr int divide_up(int a, int b) {
  return (a + b - 1) / b;
}

// Vectors of channels in a group: the kernel's two, or one at the end.
int vectors_of(const ConvKernel& kernel, int outputs, int group) {
  const int left = outputs - group * kernel.group;
  return kernel.narrows && left <= kernel.lanes ? 1 : kernel.group / kernel.lanes;
}

}  // namespace

int row_chunks(const ConvKernel& kernel, int window, int stored_inputs) {
  return divide_up(window * stored_inputs, kernel.step);
}

int groups(const ConvKernel& kernel, int outputs) {
  return divide_up(outputs, kernel.group);
}

int64_t packed_bytes(const ConvKernel& kernel, const ConvWeights& w) {
  int64_t vectors = 0;
  for (int g = 0; g < groups(kernel, w.outputs); ++g) vectors += vectors_of(kernel, w.outputs, g);
  const int64_t chunk = int64_t{kernel.lanes} * kernel.step * size_of(kernel.input);
  return vectors * w.window * row_chunks(kernel, w.window, w.stored_inputs) * chunk;
}

namespace {

// `Number` is of the kernel's size; what its bits mean does not matter here.
template <typename Number>
void pack_numbers(const ConvKernel& kernel, const ConvWeights& w, Number* packed) {
  const auto* numbers = reinterpret_cast<const Number*>(w.numbers);
  const int chunks = row_chunks(kernel, w.window, w.stored_inputs);
  const int64_t plane = int64_t{w.window} * w.window, output = w.inputs * plane;
  const int64_t vector = int64_t{kernel.lanes} * kernel.step;
  for (int group = 0; group < groups(kernel, w.outputs); ++group) {
    const int vectors = vectors_of(kernel, w.outputs, group);
    for (int row = 0; row < w.window; ++row) {
      for (int k = 0; k < w.window * w.stored_inputs; ++k) {
        const int column = k / w.stored_inputs, in = k % w.stored_inputs, in_chunk = k % kernel.step;
        if (in >= w.inputs) continue;
        Number* chunk = packed + (int64_t{row} * chunks + k / kernel.step) * vectors * vector +
                        in_chunk / kernel.interleave * kernel.lanes * kernel.interleave +
                        in_chunk % kernel.interleave;
        const Number* from = numbers + in * plane + row * w.window + column;
        for (int v = 0; v < vectors; ++v) {
          const int first = group * kernel.group + v * kernel.lanes;
          const int lanes = std::min(kernel.lanes, w.outputs - first);
          for (int lane = 0; lane < lanes; ++lane)
            chunk[v * vector + lane * kernel.interleave] = from[(first + lane) * output];
        }
      }
    }
    packed += w.window * chunks * vectors * vector;
  }
}

}  // namespace

void pack(const ConvKernel& kernel, const ConvWeights& w, std::byte* packed) {
  std::memset(packed, 0, static_cast<size_t>(packed_bytes(kernel, w)));
  switch (kernel.input) {
    case Number::kFloat:
      return pack_numbers(kernel, w, reinterpret_cast<uint32_t*>(packed));
    case Number::kBfloat16:
      return pack_numbers(kernel, w, reinterpret_cast<uint16_t*>(packed));
    case Number::kByte:
      return pack_numbers(kernel, w, reinterpret_cast<uint8_t*>(packed));
  }
}

}  // namespace googlenet::kernels
