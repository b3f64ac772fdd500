#include <c10/util/BFloat16.h>

#include <algorithm>
#include <array>
#include <vector>

#include "nn/max_pool/layouts.h"

namespace googlenet::nn {

namespace {

float add(float a, float b) {
  return a + b;
}

uint16_t add(uint16_t a, uint16_t b) {
  return (c10::BFloat16(a, c10::BFloat16::from_bits()) + c10::BFloat16(b, c10::BFloat16::from_bits())).x;
}

// Copies each plane three times: what the left, middle and right column of all kernels read, padded with
// minus infinity, and with stride 2 the even rows before the odd ones. In these copies the inputs of
// neighboring outputs are neighbors, so that one call of maxima() computes the whole plane.
template <int kStride, typename T>
void forward_planes(const MaxPoolForward<T>& job, const RowFunctions<T>& functions, int64_t begin,
                    int64_t end) {
  const PoolShape& s = job.shape;
  const int64_t height = s.out_height() + 2 / kStride;
  const int64_t width = s.out_width();
  const int64_t count = s.out_height() * width;
  const int64_t room = std::max(count, kBlock);
  std::vector<T> copies(3 * kStride * height * width + kBlock, kMinusInfinity<T>);
  const auto row_of = [&](int64_t column, int64_t y) {
    return copies.data() + ((column * kStride + y % kStride) * height + y / kStride) * width;
  };
  std::vector<uint8_t> fallback(room);
  for (int64_t i = 0; i < count; ++i) fallback[i] = fallback_argmax(job, i / width, i % width);
  std::vector<T> output(room);
  std::vector<uint8_t> argmax(room);
  uint8_t* const argmax_or_null = job.argmax == nullptr ? nullptr : argmax.data();
  MaximaRow<T> plane_row = {{}, floor_of(job), fallback.data(), room, output.data(), argmax_or_null};
  for (int k = 0; k < kKernelElements; ++k) plane_row.in[k] = row_of(k % 3, k / 3);

  for (int64_t plane = begin; plane < end; ++plane) {
    const T* from = job.input + plane * s.height * s.width;
    for (int64_t y = 0; y < s.height; ++y, from += s.width) {
      for (int64_t column = 0; column < 3; ++column) {
        const int64_t left = column - s.padding();
        T* to = row_of(column, y + s.padding());
        const int64_t last = std::min(width, (s.width - left + kStride - 1) / kStride);
        for (int64_t x = left < 0; x < last; ++x) to[x] = from[x * kStride + left];
      }
    }
    functions.maxima(plane_row);
    std::copy_n(output.data(), count, job.output + plane * count);
    if (job.argmax != nullptr) std::copy_n(argmax.data(), count, job.argmax + plane * count);
  }
}

// Each output adds its gradient to the input that was its maximum.
template <int kStride, typename T>
void backward_planes(const MaxPoolBackward<T>& job, int64_t begin, int64_t end) {
  const PoolShape& s = job.shape;
  std::array<int64_t, kKernelElements> offset;
  for (int k = 0; k < kKernelElements; ++k) offset[k] = (k / 3 - s.padding()) * s.width + k % 3 - s.padding();
  for (int64_t plane = begin; plane < end; ++plane) {
    T* grads = job.grad_input + plane * s.height * s.width;
    std::fill_n(grads, s.height * s.width, T(0));
    int64_t i = plane * s.out_height() * s.out_width();
    for (int64_t y = 0; y < s.out_height(); ++y) {
      T* corner = grads + y * kStride * s.width;
      for (int64_t x = 0; x < s.out_width(); ++x, ++i, corner += kStride) {
        if (job.argmax[i] == kNoArgmax) continue;
        T& sum = corner[offset[job.argmax[i]]];
        sum = add(sum, job.grad_output[i]);
      }
    }
  }
}

}  // namespace

template <typename T>
void run_planes(const MaxPoolForward<T>& job, const RowFunctions<T>& functions, int64_t begin, int64_t end) {
  job.shape.stride == 1 ? forward_planes<1>(job, functions, begin, end)
                        : forward_planes<2>(job, functions, begin, end);
}

template <typename T>
void run_planes(const MaxPoolBackward<T>& job, const RowFunctions<T>&, int64_t begin, int64_t end) {
  job.shape.stride == 1 ? backward_planes<1>(job, begin, end) : backward_planes<2>(job, begin, end);
}

template void run_planes(const MaxPoolForward<float>&, const RowFunctions<float>&, int64_t, int64_t);
template void run_planes(const MaxPoolForward<uint16_t>&, const RowFunctions<uint16_t>&, int64_t, int64_t);
template void run_planes(const MaxPoolBackward<float>&, const RowFunctions<float>&, int64_t, int64_t);
template void run_planes(const MaxPoolBackward<uint16_t>&, const RowFunctions<uint16_t>&, int64_t, int64_t);

}  // namespace googlenet::nn
