#include "nn/max_pool_kernel.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <vector>

#include "nn/max_pool_rows.h"

namespace googlenet {

namespace {

using AllTaps = std::make_integer_sequence<int, kWindow>;

// The tap of the first input in the window of an output; those before it are in the padding.
GOOGLENET_INLINED int first_tap(const PoolShape& shape, int64_t out_row, int64_t out_column) {
  const bool above = shape.padding() > 0 && out_row == 0;
  const bool left = shape.padding() > 0 && out_column == 0;
  return (above ? 3 : 0) + (left ? 1 : 0);
}

// Calls `work` with each Phase of the stride.
template <typename Work>
GOOGLENET_INLINED void for_each_phase(int64_t stride, const Work& work) {
  if (stride == 1) return work(Phase<1, 0, 0>());
  work(Phase<2, 0, 0>());
  work(Phase<2, 0, 1>());
  work(Phase<2, 1, 0>());
  work(Phase<2, 1, 1>());
}

// Rows [begin, end) of all outputs. What is outside of the picture is a pixel of minus infinities.
template <bool kWithTaps, typename Number>
GOOGLENET_INLINED void forward_rows(const PoolForward<Number>& job, int64_t begin, int64_t end) {
  const PoolShape& s = job.shape;
  const std::vector<Number> outside(s.channels, kMinusInfinity<Number>);
  std::vector<uint8_t> first;
  for (uint8_t tap = 0; tap <= 4; ++tap) first.insert(first.end(), s.channels, tap);
  for (int64_t row = begin; row < end; ++row) {
    const int64_t out_row = row % s.out_height();
    const Number* picture = job.input + row / s.out_height() * s.height * s.width * s.channels;
    for (int64_t out_column = 0; out_column < s.out_width(); ++out_column) {
      std::array<const Number*, kWindow> in;
      for (int tap = 0; tap < kWindow; ++tap) {
        const int64_t y = out_row * s.stride - s.padding() + tap / 3;
        const int64_t x = out_column * s.stride - s.padding() + tap % 3;
        const bool inside = y >= 0 && y < s.height && x >= 0 && x < s.width;
        in[tap] = inside ? picture + (y * s.width + x) * s.channels : outside.data();
      }
      const int64_t at = (row * s.out_width() + out_column) * s.channels;
      maxima<kWithTaps>(in, &first[first_tap(s, out_row, out_column) * s.channels], s.channels,
                        job.output + at, kWithTaps ? job.taps + at : nullptr, AllTaps());
    }
  }
}

// Rows [begin, end) of all inputs. A window outside of the picture has no maximum anywhere.
template <typename Number>
GOOGLENET_INLINED void backward_rows(const PoolBackward<Number>& job, int64_t begin, int64_t end) {
  const PoolShape& s = job.shape;
  const std::vector<uint8_t> outside(s.channels, kNoTap);
  for (int64_t row = begin; row < end; ++row) {
    const int64_t y = row % s.height;
    const int64_t picture = row / s.height * s.out_height();
    for_each_phase(s.stride, [&]<typename At>(At /*phase*/) __attribute__((always_inline)) {
      if (y % At::kStep != At::kRow) return;
      for (int64_t x = At::kColumn; x < s.width; x += At::kStep) {
        std::array<const Number*, At::kWindows> grads;
        std::array<const uint8_t*, At::kWindows> taps;
        for (int window = 0; window < At::kWindows; ++window) {
          const int64_t top = y + s.padding() - At::row_tap(window);
          const int64_t left = x + s.padding() - At::column_tap(window);
          const int64_t out_row = top / At::kStep;
          const int64_t out_column = left / At::kStep;
          const bool inside = top >= 0 && out_row < s.out_height() && left >= 0 && out_column < s.out_width();
          const int64_t at =
              inside ? ((picture + out_row) * s.out_width() + out_column) * s.channels : 0;
          grads[window] = job.grad_output + at;
          taps[window] = inside ? job.taps + at : outside.data();
        }
        sums<At>(grads, taps, s.channels, job.grad_input + (row * s.width + x) * s.channels,
                 std::make_integer_sequence<int, At::kWindows>());
      }
    });
  }
}

// Planes [begin, end) of all inputs. Each is spread into stride × stride smaller planes, with minus infinity
// around, in which the windows of one tap lie side by side; so all windows of a plane are one row.
template <bool kWithTaps, typename Number>
GOOGLENET_INLINED void forward_planes(const PoolForward<Number>& job, int64_t begin, int64_t end) {
  const PoolShape& s = job.shape;
  const int64_t stride = s.stride;
  const int64_t pitch = s.out_width() + 2 / stride;
  const int64_t size = pitch * (s.out_height() + 2 / stride);
  const int64_t count = pitch * s.out_height() - 2 / stride;
  std::vector<Number> spread(stride * stride * size, kMinusInfinity<Number>);
  const auto part = [&](int64_t y, int64_t x) {
    return &spread[(y % stride * stride + x % stride) * size + y / stride * pitch + x / stride];
  };
  std::array<const Number*, kWindow> in;
  for (int tap = 0; tap < kWindow; ++tap) in[tap] = part(tap / 3, tap % 3);
  std::vector<Number> output(count);
  std::vector<uint8_t> first(count);
  std::vector<uint8_t> taps(count);
  for (int64_t i = 0; i < count; ++i) first[i] = first_tap(s, i / pitch, i % pitch);

  for (int64_t plane = begin; plane < end; ++plane) {
    const Number* from = job.input + plane * s.height * s.width;
    for (int64_t y = 0; y < s.height; ++y, from += s.width) {
      for (int64_t phase = 0; phase < stride; ++phase) {
        Number* to = part(y + s.padding(), phase) + s.padding();
        for (int64_t x = phase; x < s.width; x += stride) *to++ = from[x];
      }
    }
    maxima<kWithTaps>(in, first.data(), count, output.data(), taps.data(), AllTaps());
    for (int64_t y = 0; y < s.out_height(); ++y) {
      const int64_t at = (plane * s.out_height() + y) * s.out_width();
      std::copy_n(&output[y * pitch], s.out_width(), job.output + at);
      if (kWithTaps) std::copy_n(&taps[y * pitch], s.out_width(), job.taps + at);
    }
  }
}

// Planes [begin, end) of all inputs, each phase of one as one row. The plane of windows gets a border of windows
// that have no maximum.
template <typename Number>
GOOGLENET_INLINED void backward_planes(const PoolBackward<Number>& job, int64_t begin, int64_t end) {
  const PoolShape& s = job.shape;
  const int64_t pitch = s.out_width() + 2;
  const int64_t size = pitch * (s.out_height() + 2);
  std::vector<Number> grads(size);
  std::vector<uint8_t> taps(size, kNoTap);
  std::vector<Number> output(size);
  for (int64_t plane = begin; plane < end; ++plane) {
    for (int64_t y = 0; y < s.out_height(); ++y) {
      const int64_t at = (plane * s.out_height() + y) * s.out_width();
      std::copy_n(job.grad_output + at, s.out_width(), &grads[(y + 1) * pitch + 1]);
      std::copy_n(job.taps + at, s.out_width(), &taps[(y + 1) * pitch + 1]);
    }
    Number* to = job.grad_input + plane * s.height * s.width;
    for_each_phase(s.stride, [&]<typename At>(At /*phase*/) __attribute__((always_inline)) {
      constexpr int kLast = 2 / At::kStep;
      std::array<const Number*, At::kWindows> grads_of;
      std::array<const uint8_t*, At::kWindows> taps_of;
      for (int window = 0; window < At::kWindows; ++window) {
        const int64_t at = (kLast - At::row_tap(window) / At::kStep) * pitch + kLast -
                           At::column_tap(window) / At::kStep;
        grads_of[window] = &grads[at];
        taps_of[window] = &taps[at];
      }
      const int64_t rows = (s.height - At::kRow + At::kStep - 1) / At::kStep;
      const int64_t columns = (s.width - At::kColumn + At::kStep - 1) / At::kStep;
      sums<At>(grads_of, taps_of, (rows - 1) * pitch + columns, output.data(),
               std::make_integer_sequence<int, At::kWindows>());
      for (int64_t y = 0; y < rows; ++y) {
        Number* line = to + (y * At::kStep + At::kRow) * s.width + At::kColumn;
        for (int64_t x = 0; x < columns; ++x) line[x * At::kStep] = output[y * pitch + x];
      }
    });
  }
}

template <typename Number>
GOOGLENET_INLINED void run_part(const PoolForward<Number>& job, int64_t begin, int64_t end) {
  const bool planes = job.layout == PoolLayout::kPlanes;
  if (job.taps != nullptr) {
    planes ? forward_planes<true>(job, begin, end) : forward_rows<true>(job, begin, end);
  } else {
    planes ? forward_planes<false>(job, begin, end) : forward_rows<false>(job, begin, end);
  }
}

template <typename Number>
GOOGLENET_INLINED void run_part(const PoolBackward<Number>& job, int64_t begin, int64_t end) {
  const bool planes = job.layout == PoolLayout::kPlanes;
  planes ? backward_planes(job, begin, end) : backward_rows(job, begin, end);
}

template <typename Job>
void run_portable(const Job& job, int64_t begin, int64_t end) {
  run_part(job, begin, end);
}

#ifdef __x86_64__
template <typename Job>
__attribute__((target("avx2"))) void run_avx2(const Job& job, int64_t begin, int64_t end) {
  run_part(job, begin, end);
}

template <typename Job>
__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,prefer-vector-width=512"))) void run_avx512(
    const Job& job, int64_t begin, int64_t end) {
  run_part(job, begin, end);
}
#endif

template <typename Job>
void run_parts(const Job& job, InstructionSet set, int64_t rows) {
  const PoolShape& s = job.shape;
  const bool planes = job.layout == PoolLayout::kPlanes;
  const int64_t parts = s.batch * (planes ? s.channels : rows);
  const int64_t numbers = s.width * (planes ? s.height : s.channels);
  auto* run_these = &run_portable<Job>;
#ifdef __x86_64__
  if (set == InstructionSet::kAvx2) run_these = &run_avx2<Job>;
  if (set == InstructionSet::kAvx512) run_these = &run_avx512<Job>;
#endif
  const int64_t grain = std::max<int64_t>(1, at::internal::GRAIN_SIZE / numbers);
  at::parallel_for(0, parts, grain, [&](int64_t begin, int64_t end) { run_these(job, begin, end); });
}

}  // namespace

bool is_supported(InstructionSet set) {
#ifdef __x86_64__
  if (set == InstructionSet::kAvx2) return __builtin_cpu_supports("avx2");
  if (set == InstructionSet::kAvx512) {
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  }
#endif
  return set == InstructionSet::kPortable;
}

template <typename Number>
void PoolForward<Number>::run(InstructionSet set) const {
  run_parts(*this, set, shape.out_height());
}

template <typename Number>
void PoolBackward<Number>::run(InstructionSet set) const {
  run_parts(*this, set, shape.height);
}

template struct PoolForward<float>;
template struct PoolForward<uint16_t>;
template struct PoolBackward<float>;
template struct PoolBackward<uint16_t>;

}  // namespace googlenet
