#include "nn/max_pool_kernel.h"

#include <c10/util/BFloat16.h>

#include <algorithm>
#include <limits>
#include <vector>

#include "core/threads.h"

namespace googlenet::nn {

namespace {

// Of a ReLU, numbers that are not above zero are zero and have no gradient. Without one, nothing is below the
// floor.
template <typename Number>
float floor_of(const PoolForward<Number>& job) {
  return job.rectified ? 0 : -std::numeric_limits<float>::infinity();
}

// The tap of a window with nothing above the floor: without ReLU the first that is not in the padding.
template <typename Number>
uint8_t tap_otherwise(const PoolForward<Number>& job, int64_t out_row, int64_t out_column) {
  if (job.rectified) return kNoTap;
  if (job.shape.padding() == 0) return 0;
  return (out_row == 0 ? 3 : 0) + (out_column == 0 ? 1 : 0);
}

// No window has it as its tap.
constexpr uint8_t kNever = 0xff;

// Numbers that are worth a thread; libtorch's own measure.
constexpr int64_t kGrain = 32768;

float add(float a, float b) {
  return a + b;
}

uint16_t add(uint16_t a, uint16_t b) {
  return (c10::BFloat16(a, c10::BFloat16::from_bits()) + c10::BFloat16(b, c10::BFloat16::from_bits())).x;
}

// Rows [begin, end) of all outputs. What is outside of the picture is a pixel of minus infinities.
template <int kStride, typename Number>
void forward_rows(const PoolForward<Number>& job, const PoolRows<Number>& rows, int64_t begin, int64_t end) {
  const PoolShape& s = job.shape;
  const std::vector<Number> outside(s.channels, kMinusInfinity<Number>);
  std::vector<uint8_t> pixels_of_taps;
  for (uint8_t tap = 0; tap <= kNoTap; ++tap) pixels_of_taps.insert(pixels_of_taps.end(), s.channels, tap);
  Windows<Number> windows;
  windows.floor = floor_of(job);
  windows.count = s.channels;
  for (int64_t row = begin; row < end; ++row) {
    const int64_t out_row = row % s.out_height();
    const Number* picture = job.input + row / s.out_height() * s.height * s.width * s.channels;
    for (int64_t out_column = 0; out_column < s.out_width(); ++out_column) {
      for (int tap = 0; tap < kWindow; ++tap) {
        const int64_t y = out_row * kStride - s.padding() + tap / 3;
        const int64_t x = out_column * kStride - s.padding() + tap % 3;
        const bool inside = y >= 0 && y < s.height && x >= 0 && x < s.width;
        windows.in[tap] = inside ? picture + (y * s.width + x) * s.channels : outside.data();
      }
      const int64_t at = (row * s.out_width() + out_column) * s.channels;
      windows.otherwise = &pixels_of_taps[tap_otherwise(job, out_row, out_column) * s.channels];
      windows.output = job.output + at;
      windows.taps = job.taps == nullptr ? nullptr : job.taps + at;
      rows.maxima(windows);
    }
  }
}

// Rows [begin, end) of all inputs. Each number collects from the windows that it is in.
template <int kStride, typename Number>
void backward_rows(const PoolBackward<Number>& job, const PoolRows<Number>& rows, int64_t begin,
                   int64_t end) {
  const PoolShape& s = job.shape;
  Gradients<Number> gradients;
  gradients.count = s.channels;
  for (int64_t row = begin; row < end; ++row) {
    const int64_t y = row % s.height + s.padding();
    const int64_t picture = row / s.height * s.out_height();
    for (int64_t column = 0; column < s.width; ++column) {
      const int64_t x = column + s.padding();
      int windows = 0;
      for (int row_tap = 2; row_tap >= 0; --row_tap) {
        const int64_t top = y - row_tap;
        const int64_t out_row = top / kStride;
        if (top < 0 || top % kStride != 0 || out_row >= s.out_height()) continue;
        for (int column_tap = 2; column_tap >= 0; --column_tap) {
          const int64_t left = x - column_tap;
          const int64_t out_column = left / kStride;
          if (left < 0 || left % kStride != 0 || out_column >= s.out_width()) continue;
          const int64_t at = ((picture + out_row) * s.out_width() + out_column) * s.channels;
          gradients.grads[windows] = job.grad_output + at;
          gradients.taps[windows] = job.taps + at;
          gradients.wanted[windows++] = static_cast<uint8_t>(3 * row_tap + column_tap);
        }
      }
      gradients.windows = windows <= 2 ? windows : windows <= 4 ? 4 : kWindow;
      for (; windows < gradients.windows; ++windows) {
        gradients.grads[windows] = gradients.grads[0];
        gradients.taps[windows] = gradients.taps[0];
        gradients.wanted[windows] = kNever;
      }
      gradients.output = job.grad_input + (row * s.width + column) * s.channels;
      rows.sums(gradients);
    }
  }
}

// Planes [begin, end) of all inputs. Of each are made three, of what the left, middle and right taps of all
// windows see, with minus infinity outside and the rows of one phase together. In these the windows lie side
// by side.
template <int kStride, typename Number>
void forward_planes(const PoolForward<Number>& job, const PoolRows<Number>& rows, int64_t begin,
                    int64_t end) {
  const PoolShape& s = job.shape;
  const int64_t height = s.out_height() + 2 / kStride;
  const int64_t width = s.out_width();
  const int64_t count = s.out_height() * width;
  const int64_t room = std::max(count, kBlock);
  std::vector<Number> seen(3 * kStride * height * width + kBlock, kMinusInfinity<Number>);
  const auto line = [&](int64_t column, int64_t y) {
    return seen.data() + ((column * kStride + y % kStride) * height + y / kStride) * width;
  };
  std::vector<uint8_t> otherwise(room);
  for (int64_t i = 0; i < count; ++i) otherwise[i] = tap_otherwise(job, i / width, i % width);
  std::vector<Number> output(room);
  std::vector<uint8_t> taps(room);
  uint8_t* const wanted_taps = job.taps == nullptr ? nullptr : taps.data();
  Windows<Number> windows = {{}, floor_of(job), otherwise.data(), room, output.data(), wanted_taps};
  for (int tap = 0; tap < kWindow; ++tap) windows.in[tap] = line(tap % 3, tap / 3);

  for (int64_t plane = begin; plane < end; ++plane) {
    const Number* from = job.input + plane * s.height * s.width;
    for (int64_t y = 0; y < s.height; ++y, from += s.width) {
      for (int64_t column = 0; column < 3; ++column) {
        const int64_t left = column - s.padding();
        Number* to = line(column, y + s.padding());
        const int64_t last = std::min(width, (s.width - left + kStride - 1) / kStride);
        for (int64_t x = left < 0; x < last; ++x) to[x] = from[x * kStride + left];
      }
    }
    rows.maxima(windows);
    std::copy_n(output.data(), count, job.output + plane * count);
    if (job.taps != nullptr) std::copy_n(taps.data(), count, job.taps + plane * count);
  }
}

// Planes [begin, end) of all inputs. Each window gives its gradient to its maximum.
template <int kStride, typename Number>
void backward_planes(const PoolBackward<Number>& job, int64_t begin, int64_t end) {
  const PoolShape& s = job.shape;
  std::array<int64_t, kWindow> offset;
  for (int tap = 0; tap < kWindow; ++tap)
    offset[tap] = (tap / 3 - s.padding()) * s.width + tap % 3 - s.padding();
  for (int64_t plane = begin; plane < end; ++plane) {
    Number* grads = job.grad_input + plane * s.height * s.width;
    std::fill_n(grads, s.height * s.width, Number(0));
    int64_t i = plane * s.out_height() * s.out_width();
    for (int64_t y = 0; y < s.out_height(); ++y) {
      Number* corner = grads + y * kStride * s.width;
      for (int64_t x = 0; x < s.out_width(); ++x, ++i, corner += kStride) {
        if (job.taps[i] == kNoTap) continue;
        Number& sum = corner[offset[job.taps[i]]];
        sum = add(sum, job.grad_output[i]);
      }
    }
  }
}

template <int kStride, typename Number>
void run_part(const PoolForward<Number>& job, const PoolRows<Number>& rows, int64_t begin, int64_t end) {
  if (job.layout == PoolLayout::kPlanes) return forward_planes<kStride>(job, rows, begin, end);
  forward_rows<kStride>(job, rows, begin, end);
}

template <int kStride, typename Number>
void run_part(const PoolBackward<Number>& job, const PoolRows<Number>& rows, int64_t begin, int64_t end) {
  if (job.layout == PoolLayout::kPlanes) return backward_planes<kStride>(job, begin, end);
  backward_rows<kStride>(job, rows, begin, end);
}

template <typename Job, typename Number>
void run_all(const Job& job, const PoolRows<Number>& rows, int64_t rows_of_picture) {
  const PoolShape& s = job.shape;
  const bool planes = job.layout == PoolLayout::kPlanes;
  const int64_t parts = s.batch * (planes ? s.channels : rows_of_picture);
  const int64_t numbers = s.width * (planes ? s.height : s.channels);
  const int64_t grain = std::max<int64_t>(1, kGrain / numbers);
  core::parallel_for(parts, grain, [&](int64_t begin, int64_t end) {
    s.stride == 1 ? run_part<1>(job, rows, begin, end) : run_part<2>(job, rows, begin, end);
  });
}

}  // namespace

template <typename Number>
void PoolForward<Number>::run(InstructionSet set) const {
  run_all(*this, pool_rows<Number>(set), shape.out_height());
}

template <typename Number>
void PoolBackward<Number>::run(InstructionSet set) const {
  run_all(*this, pool_rows<Number>(set), shape.height);
}

template struct PoolForward<float>;
template struct PoolForward<uint16_t>;
template struct PoolBackward<float>;
template struct PoolBackward<uint16_t>;

}  // namespace googlenet::nn
