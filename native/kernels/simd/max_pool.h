#pragma once

#include "kernels/contract.h"
#include "kernels/feature_maps.h"
#include "kernels/simd/elements.h"

namespace googlenet::kernels {

namespace {

// The elements of a type as integers, and infinity: without its sign, only NaN is above it.
template <typename Type>
struct BitsOf;
template <>
struct BitsOf<float> {
  using Type = int32_t;
  static constexpr Type kInfinity = 0x7f800000, kWithoutSign = 0x7fffffff;
};
template <>
struct BitsOf<int16_t> {
  using Type = int16_t;
  static constexpr Type kInfinity = 0x7f80, kWithoutSign = 0x7fff;
};

template <typename Type>
ALWAYS_INLINE bool is_nan(Type value) {
  using Bits = BitsOf<Type>;
  return (bit_cast<typename Bits::Type>(value) & Bits::kWithoutSign) > Bits::kInfinity;
}

template <typename Type, int kLanes>
ALWAYS_INLINE bool has_nan(const Type* values, int count) {
  using Bits = BitsOf<Type>;
  using Vector = typename VectorOf<typename Bits::Type, kLanes>::Vector;
  Vector largest = {};
  int i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    Vector bits;
    load(bits, values + i);
    bits &= Bits::kWithoutSign;
    largest = largest > bits ? largest : bits;
  }
  bool found = false;
  for (int lane = 0; lane < kLanes; ++lane) found |= largest[lane] > Bits::kInfinity;
  for (; i < count; ++i) found |= is_nan(values[i]);
  return found;
}

template <typename Type, int kLanes>
ALWAYS_INLINE bool row_has_nan(const MaxPool& p, int y) {
  const auto* row = pixel_at<const Type>(p.input, y, 0);
  const int pixel = static_cast<int>(p.input.pixel_stride / static_cast<int64_t>(sizeof(Type)));
  if (pixel == p.channels) return has_nan<Type, kLanes>(row, p.input_size.width * pixel);
  bool found = false;
  for (int x = 0; x < p.input_size.width; ++x) found |= has_nan<Type, kLanes>(row + x * pixel, p.channels);
  return found;
}

// The largest of a kernel column, for a vector of channels.
template <typename Type, int kLanes, int kKernel>
ALWAYS_INLINE void max_of_column(const Type* const* rows, int64_t at,
                                 typename VectorOf<Type, kLanes>::Vector& largest) {
  load(largest, rows[0] + at);
#pragma GCC unroll 3
  for (int row = 1; row < kKernel; ++row) {
    typename VectorOf<Type, kLanes>::Vector other;
    load(other, rows[row] + at);
    largest = largest > other ? largest : other;
  }
}

// Pools channels from `c` on, as many whole vectors as there are, and returns the first channel that is left.
// A pixel outside of the feature map is replaced by the nearest one inside, which the kernel covers too.
template <typename Type, int kLanes, int kKernel>
ALWAYS_INLINE int max_of_rows(const MaxPool& p, const Type* const* rows, Type* out, int c) {
  using Vector = typename VectorOf<Type, kLanes>::Vector;
  const int64_t pixel = p.input.pixel_stride / static_cast<int64_t>(sizeof(Type));
  const int64_t out_pixel = p.output.pixel_stride / static_cast<int64_t>(sizeof(Type));
  const int last = c + (p.channels - c) / kLanes * kLanes;
  const auto column_at = [&](int x) __attribute__((always_inline)) {
    return clamp(x, 0, p.input_size.width - 1) * pixel;
  };
  if (p.stride == 1) {
    // All but one column belong to the previous output too.
    for (; c < last; c += kLanes) {
      Vector columns[kKernel];
#pragma GCC unroll 3
      for (int i = 1; i < kKernel; ++i)
        max_of_column<Type, kLanes, kKernel>(rows, column_at(i - 1 - p.padding) + c, columns[i]);
      for (int x = 0; x < p.output_width; ++x) {
#pragma GCC unroll 3
        for (int i = 1; i < kKernel; ++i) columns[i - 1] = columns[i];
        max_of_column<Type, kLanes, kKernel>(rows, column_at(x - p.padding + kKernel - 1) + c,
                                             columns[kKernel - 1]);
        Vector largest = columns[0];
#pragma GCC unroll 3
        for (int i = 1; i < kKernel; ++i) largest = largest > columns[i] ? largest : columns[i];
        store(out + x * out_pixel + c, largest);
      }
    }
    return last;
  }
  // Pixel by pixel, which reads large feature maps in the order of memory.
  for (int x = 0; x < p.output_width; ++x) {
    for (int channel = c; channel < last; channel += kLanes) {
      Vector largest;
      max_of_column<Type, kLanes, kKernel>(rows, column_at(x * p.stride - p.padding) + channel, largest);
#pragma GCC unroll 3
      for (int i = 1; i < kKernel; ++i) {
        Vector column;
        max_of_column<Type, kLanes, kKernel>(rows, column_at(x * p.stride - p.padding + i) + channel, column);
        largest = largest > column ? largest : column;
      }
      store(out + x * out_pixel + channel, largest);
    }
  }
  return last;
}

// A row of the output whose inputs have NaN, which wins over all values: a plain loop.
template <typename Type, int kKernel>
void max_with_nan(const MaxPool& p, const Type* const* rows, Type* out) {
  const int64_t pixel = p.input.pixel_stride / static_cast<int64_t>(sizeof(Type));
  const int64_t out_pixel = p.output.pixel_stride / static_cast<int64_t>(sizeof(Type));
  for (int x = 0; x < p.output_width; ++x, out += out_pixel) {
    for (int c = 0; c < p.channels; ++c) {
      const auto value = [&](int i) {
        const int column = x * p.stride - p.padding + i % kKernel;
        return rows[i / kKernel][clamp(column, 0, p.input_size.width - 1) * pixel + c];
      };
      Type largest = value(0);
      for (int i = 1; i < kKernel * kKernel && !is_nan(largest); ++i)
        if (value(i) > largest || is_nan(value(i))) largest = value(i);
      out[c] = largest;
    }
  }
}

// Comparisons of vectors may lose NaN, and instructions that keep it are slower. So a pass over the input
// looks for NaN first, which also brings the rows into the cache.
template <DType kDType, int kBytes, int kKernel>
void max_pool_of(const MaxPool& p, int first_row, int last_row) {
  using Type = TypeOf<kDType>;
  constexpr int kLanes = kBytes / static_cast<int>(sizeof(Type));
  const auto input_row = [&](int y, int i) __attribute__((always_inline)) {
    return clamp(y * p.stride - p.padding + i, 0, p.input_size.height - 1);
  };
  int next = 0, last_with_nan = -1;  // rows of the input: the first that was not looked at
  for (int y = first_row; y < last_row; ++y) {
    const Type* rows[kKernel];
    for (int i = 0; i < kKernel; ++i) rows[i] = pixel_at<const Type>(p.input, input_row(y, i), 0);
    auto* out = pixel_at<Type>(p.output, y, 0);
    if constexpr (kDType != DType::kUint8) {
      for (next = max(next, input_row(y, 0)); next <= input_row(y, kKernel - 1); ++next)
        if (row_has_nan<Type, kLanes>(p, next)) last_with_nan = next;
      if (last_with_nan >= input_row(y, 0)) {
        max_with_nan<Type, kKernel>(p, rows, out);
        continue;
      }
    }
    int c = max_of_rows<Type, kLanes, kKernel>(p, rows, out, 0);
    c = max_of_rows<Type, kLanes / 2, kKernel>(p, rows, out, c);
    c = max_of_rows<Type, kLanes / 4, kKernel>(p, rows, out, c);
    max_of_rows<Type, 1, kKernel>(p, rows, out, c);
  }
}

template <DType kDType, int kBytes>
void max_pool(const MaxPool& p, int first_row, int last_row) {
  KERNEL_REQUIRES(keeps_contract(p, kSizeOf<kDType>, first_row, last_row));
  p.kernel_size == 3 ? max_pool_of<kDType, kBytes, 3>(p, first_row, last_row)
                     : max_pool_of<kDType, kBytes, 2>(p, first_row, last_row);
}

}  // namespace

}  // namespace googlenet::kernels
