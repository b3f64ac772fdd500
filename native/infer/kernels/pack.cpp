#include "infer/kernels/pack.h"

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

void pack(const ConvKernel& kernel, const ConvWeights& w, std::byte* packed) {
  const int64_t size = size_of(kernel.input);
  const int chunks = row_chunks(kernel, w.window, w.stored_inputs);
  const int64_t plane = int64_t{w.window} * w.window;
  std::memset(packed, 0, static_cast<size_t>(packed_bytes(kernel, w)));
  std::byte* group_begin = packed;
  for (int group = 0; group < groups(kernel, w.outputs); ++group) {
    const int vectors = vectors_of(kernel, w.outputs, group);
    const int64_t vector_bytes = int64_t{kernel.lanes} * kernel.step * size;
    const int64_t row_bytes = chunks * vectors * vector_bytes;
    const int last = std::min(w.outputs, group * kernel.group + vectors * kernel.lanes);
    for (int out = group * kernel.group; out < last; ++out) {
      const int lane = out % kernel.lanes;
      const int vector = (out - group * kernel.group) / kernel.lanes;
      const std::byte* from = w.numbers + out * w.inputs * plane * size;
      for (int row = 0; row < w.window; ++row) {
        std::byte* row_begin = group_begin + row * row_bytes + vector * vector_bytes;
        for (int column = 0; column < w.window; ++column) {
          for (int in = 0; in < w.inputs; ++in) {
            const int k = column * w.stored_inputs + in;
            const int in_chunk = k % kernel.step;
            const int64_t at = (in_chunk / kernel.interleave * kernel.lanes + lane) * kernel.interleave +
                               in_chunk % kernel.interleave;
            std::memcpy(row_begin + k / kernel.step * vectors * vector_bytes + at * size,
                        from + (in * plane + row * w.window + column) * size, static_cast<size_t>(size));
          }
        }
      }
    }
    group_begin += w.window * row_bytes;
  }
}

}  // namespace googlenet::kernels
