#include <vector>

#include "nn/max_pool/layouts.h"

namespace googlenet::nn {

namespace {

// An argmax that no output has.
constexpr uint8_t kNever = 0xff;

// Padding is a pixel of minus infinities.
template <int kStride, typename T>
void forward_rows(const MaxPoolForward<T>& job, const RowFunctions<T>& functions, int64_t begin,
                  int64_t end) {
  const PoolShape& s = job.shape;
  const std::vector<T> padding(s.channels, kMinusInfinity<T>);
  std::vector<uint8_t> fallbacks;  // [kNoArgmax + 1][channels]: each argmax for all channels
  for (uint8_t argmax = 0; argmax <= kNoArgmax; ++argmax)
    fallbacks.insert(fallbacks.end(), s.channels, argmax);
  MaximaRow<T> pixel;
  pixel.floor = floor_of(job);
  pixel.count = s.channels;
  for (int64_t row = begin; row < end; ++row) {
    const int64_t out_row = row % s.out_height();
    const T* image = job.input + row / s.out_height() * s.height * s.width * s.channels;
    for (int64_t out_column = 0; out_column < s.out_width(); ++out_column) {
      for (int k = 0; k < kKernelElements; ++k) {
        const int64_t y = out_row * kStride - s.padding() + k / 3;
        const int64_t x = out_column * kStride - s.padding() + k % 3;
        const bool inside = y >= 0 && y < s.height && x >= 0 && x < s.width;
        pixel.in[k] = inside ? image + (y * s.width + x) * s.channels : padding.data();
      }
      const int64_t at = (row * s.out_width() + out_column) * s.channels;
      pixel.fallback = &fallbacks[fallback_argmax(job, out_row, out_column) * s.channels];
      pixel.output = job.output + at;
      pixel.argmax = job.argmax == nullptr ? nullptr : job.argmax + at;
      functions.maxima(pixel);
    }
  }
}

// Each input pixel collects gradients from the outputs whose kernels cover it.
template <int kStride, typename T>
void backward_rows(const MaxPoolBackward<T>& job, const RowFunctions<T>& functions, int64_t begin,
                   int64_t end) {
  const PoolShape& s = job.shape;
  GradientRow<T> pixel;
  pixel.count = s.channels;
  for (int64_t row = begin; row < end; ++row) {
    const int64_t y = row % s.height + s.padding();
    const int64_t first_out_row = row / s.height * s.out_height();  // of the image
    for (int64_t column = 0; column < s.width; ++column) {
      const int64_t x = column + s.padding();
      int outputs = 0;
      for (int kernel_row = 2; kernel_row >= 0; --kernel_row) {
        const int64_t top = y - kernel_row;
        const int64_t out_row = top / kStride;
        if (top < 0 || top % kStride != 0 || out_row >= s.out_height()) continue;
        for (int kernel_column = 2; kernel_column >= 0; --kernel_column) {
          const int64_t left = x - kernel_column;
          const int64_t out_column = left / kStride;
          if (left < 0 || left % kStride != 0 || out_column >= s.out_width()) continue;
          const int64_t at = ((first_out_row + out_row) * s.out_width() + out_column) * s.channels;
          pixel.grads[outputs] = job.grad_output + at;
          pixel.argmax[outputs] = job.argmax + at;
          pixel.own_index[outputs++] = static_cast<uint8_t>(3 * kernel_row + kernel_column);
        }
      }
      // Rounded up to a count that the row function has, with outputs that contribute nothing.
      pixel.outputs = outputs <= 2 ? outputs : outputs <= 4 ? 4 : kKernelElements;
      for (; outputs < pixel.outputs; ++outputs) {
        pixel.grads[outputs] = pixel.grads[0];
        pixel.argmax[outputs] = pixel.argmax[0];
        pixel.own_index[outputs] = kNever;
      }
      pixel.grad_input = job.grad_input + (row * s.width + column) * s.channels;
      functions.sums(pixel);
    }
  }
}

}  // namespace

template <typename T>
void run_channels_last(const MaxPoolForward<T>& job, const RowFunctions<T>& functions, int64_t begin,
                       int64_t end) {
  job.shape.stride == 1 ? forward_rows<1>(job, functions, begin, end)
                        : forward_rows<2>(job, functions, begin, end);
}

template <typename T>
void run_channels_last(const MaxPoolBackward<T>& job, const RowFunctions<T>& functions, int64_t begin,
                       int64_t end) {
  job.shape.stride == 1 ? backward_rows<1>(job, functions, begin, end)
                        : backward_rows<2>(job, functions, begin, end);
}

template void run_channels_last(const MaxPoolForward<float>&, const RowFunctions<float>&, int64_t, int64_t);
template void run_channels_last(const MaxPoolForward<uint16_t>&, const RowFunctions<uint16_t>&, int64_t,
                                int64_t);
template void run_channels_last(const MaxPoolBackward<float>&, const RowFunctions<float>&, int64_t, int64_t);
template void run_channels_last(const MaxPoolBackward<uint16_t>&, const RowFunctions<uint16_t>&, int64_t,
                                int64_t);

}  // namespace googlenet::nn
