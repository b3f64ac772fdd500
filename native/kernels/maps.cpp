#include "kernels/maps.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include "core/bfloat16.h"
#include "core/wide_vectors.h"

// Plain loops that compilers turn into vector instructions. All of it is inlined into the functions at the
// end, and so compiled for the instructions of each.
#define INLINED inline __attribute__((always_inline))

namespace googlenet::kernels {

namespace {

template <Number kNumber>
struct Element;

template <>
struct Element<Number::kFloat> {
  using Type = float;
  static INLINED float widen(float number) { return number; }
  static INLINED float narrow(float number) { return number; }
};

template <>
struct Element<Number::kBfloat16> {
  // With a sign: as whole numbers, bfloat16s that are zero or more have their order, and -0 is the lowest.
  using Type = int16_t;
  static INLINED float widen(int16_t number) { return core::from_bfloat16(static_cast<uint16_t>(number)); }
  static INLINED int16_t narrow(float number) { return static_cast<int16_t>(core::to_bfloat16(number)); }
};

template <>
struct Element<Number::kByte> {
  using Type = uint8_t;
  static INLINED float widen(uint8_t number) { return number; }
  static INLINED uint8_t narrow(float number) {
    return static_cast<uint8_t>(static_cast<int>(std::clamp(number, 0.f, 255.f) + 0.5f));
  }
};

template <Number kNumber>
using TypeOf = typename Element<kNumber>::Type;

template <typename Type>
INLINED Type* at(const Place& place, int64_t y, int64_t x) {
  return reinterpret_cast<Type*>(place.first + y * place.row + x * place.pixel);
}

// `channel(c, x)` is a number of pixel x, before scale and shift.
template <Number kTo, int kStored, typename Channel>
INLINED void read_row(const Picture& p, int y, const Channel& channel) {
  auto* __restrict out = at<TypeOf<kTo>>(p.output, y, 0);
  for (int x = 0; x < p.size.width; ++x) {
    for (int c = 0; c < 3; ++c)
      out[x * kStored + c] = Element<kTo>::narrow(channel(c, x) * p.scale[c] + p.shift[c]);
    if constexpr (kStored == 4) out[x * kStored + 3] = 0;
  }
}

template <Number kTo, int kStored>
INLINED bool read_floats_to(const Picture& p, const float* planes, int first_row, int last_row) {
  const int64_t plane = int64_t{p.size.height} * p.size.width;
  float nothing = 0;  // becomes NaN, should a number be no number or infinite
  for (int y = first_row; y < last_row; ++y) {
    const float* row = planes + int64_t{y} * p.size.width;
    read_row<kTo, kStored>(
        p, y, [&](int c, int x) __attribute__((always_inline)) { return row[c * plane + x]; });
    for (int c = 0; c < 3; ++c) {
      uint32_t largest = 0;
      for (int x = 0; x < p.size.width; ++x)
        largest = std::max(largest, std::bit_cast<uint32_t>(row[c * plane + x]) & 0x7fffffff);
      nothing += std::bit_cast<float>(largest) * 0;
    }
  }
  return nothing == 0;
}

template <Number kTo, int kStored>
INLINED void read_bytes_to(const Picture& p, const uint8_t* pixels, int first_row, int last_row) {
  for (int y = first_row; y < last_row; ++y) {
    const uint8_t* row = pixels + int64_t{y} * p.size.width * 3;
    read_row<kTo, kStored>(
        p,
        y, [&](int c, int x) __attribute__((always_inline)) { return static_cast<float>(row[x * 3 + c]); });
  }
}

// Compilers make vectors of floats by themselves, but not of bytes.
template <typename Type, int kBytes>
struct VectorOf {
  typedef Type Vector __attribute__((vector_size(kBytes)));
  static constexpr int kNumbers = kBytes / static_cast<int>(sizeof(Type));
};
template <typename Type>
struct VectorOf<Type, sizeof(Type)> {
  typedef Type Vector;
  static constexpr int kNumbers = 1;
};

// The largest of as many rows, from a number on.
template <typename Type, int kBytes, int kWindow>
INLINED void max_of_column(const Type* const* rows, int64_t at,
                           typename VectorOf<Type, kBytes>::Vector& most) {
  __builtin_memcpy(&most, rows[0] + at, sizeof(most));
#pragma GCC unroll 3
  for (int row = 1; row < kWindow; ++row) {
    typename VectorOf<Type, kBytes>::Vector other;
    __builtin_memcpy(&other, rows[row] + at, sizeof(other));
    most = most > other ? most : other;
  }
}

// Channels from `c` on, as many whole vectors as there are; returns the first that is left. A pixel outside
// of the map is replaced by the nearest inside, which the window has too.
template <typename Type, int kBytes, int kWindow>
INLINED int max_of_rows(const MaxPool& p, const Type* const* rows, Type* out, int c) {
  using Vector = typename VectorOf<Type, kBytes>::Vector;
  constexpr int kNumbers = VectorOf<Type, kBytes>::kNumbers;
  const int64_t pixel = p.input.pixel / static_cast<int64_t>(sizeof(Type));
  const int64_t out_pixel = p.output.pixel / static_cast<int64_t>(sizeof(Type));
  const int last = c + (p.channels - c) / kNumbers * kNumbers;
  const auto place = [&](int x) { return std::clamp(x, 0, p.input_size.width - 1) * pixel; };
  if (p.stride == 1) {
    // All but one column of a window are of the window before.
    for (; c < last; c += kNumbers) {
      Vector columns[kWindow];
#pragma GCC unroll 3
      for (int i = 1; i < kWindow; ++i)
        max_of_column<Type, kBytes, kWindow>(rows, place(i - 1 - p.padding) + c, columns[i]);
      for (int x = 0; x < p.output_width; ++x) {
#pragma GCC unroll 3
        for (int i = 1; i < kWindow; ++i) columns[i - 1] = columns[i];
        max_of_column<Type, kBytes, kWindow>(rows, place(x - p.padding + kWindow - 1) + c,
                                             columns[kWindow - 1]);
        Vector most = columns[0];
#pragma GCC unroll 3
        for (int i = 1; i < kWindow; ++i) most = most > columns[i] ? most : columns[i];
        __builtin_memcpy(out + x * out_pixel + c, &most, sizeof(most));
      }
    }
    return last;
  }
  // Pixel by pixel, which reads large maps in order.
  for (int x = 0; x < p.output_width; ++x) {
    for (int channel = c; channel < last; channel += kNumbers) {
      Vector most;
      max_of_column<Type, kBytes, kWindow>(rows, place(x * p.stride - p.padding) + channel, most);
#pragma GCC unroll 3
      for (int i = 1; i < kWindow; ++i) {
        Vector column;
        max_of_column<Type, kBytes, kWindow>(rows, place(x * p.stride - p.padding + i) + channel, column);
        most = most > column ? most : column;
      }
      __builtin_memcpy(out + x * out_pixel + channel, &most, sizeof(most));
    }
  }
  return last;
}

// Bits of numbers as whole numbers, and those of infinity: without its sign, only NaN is above.
template <typename Type>
struct BitsOf;
template <>
struct BitsOf<float> {
  using Type = int32_t;
  static constexpr Type kInfinity = 0x7f800000;
};
template <>
struct BitsOf<int16_t> {
  using Type = int16_t;
  static constexpr Type kInfinity = 0x7f80;
};

template <typename Type>
INLINED bool is_nan(Type number) {
  using Bits = BitsOf<Type>;
  return (std::bit_cast<typename Bits::Type>(number) & std::numeric_limits<typename Bits::Type>::max()) >
         Bits::kInfinity;
}

template <typename Type, int kBytes>
INLINED bool has_nan(const Type* numbers, int count) {
  using Bits = BitsOf<Type>;
  using Vector = typename VectorOf<typename Bits::Type, kBytes>::Vector;
  constexpr int kNumbers = kBytes / static_cast<int>(sizeof(Type));
  Vector most = {};
  int i = 0;
  for (; i + kNumbers <= count; i += kNumbers) {
    Vector bits;
    __builtin_memcpy(&bits, numbers + i, sizeof(bits));
    bits &= std::numeric_limits<typename Bits::Type>::max();
    most = most > bits ? most : bits;
  }
  bool found = false;
  for (int lane = 0; lane < kNumbers; ++lane) found |= most[lane] > Bits::kInfinity;
  for (; i < count; ++i) found |= is_nan(numbers[i]);
  return found;
}

template <typename Type, int kBytes>
INLINED bool row_has_nan(const MaxPool& p, int y) {
  const auto* row = at<const Type>(p.input, y, 0);
  const int pixel = static_cast<int>(p.input.pixel / static_cast<int64_t>(sizeof(Type)));
  if (pixel == p.channels) return has_nan<Type, kBytes>(row, p.input_size.width * pixel);
  bool found = false;
  for (int x = 0; x < p.input_size.width; ++x) found |= has_nan<Type, kBytes>(row + x * pixel, p.channels);
  return found;
}

// A row of the output in whose windows is NaN, which wins over all numbers.
template <typename Type, int kWindow>
void max_with_nan(const MaxPool& p, const Type* const* rows, Type* out) {
  const int64_t pixel = p.input.pixel / static_cast<int64_t>(sizeof(Type));
  const int64_t out_pixel = p.output.pixel / static_cast<int64_t>(sizeof(Type));
  for (int x = 0; x < p.output_width; ++x, out += out_pixel) {
    for (int c = 0; c < p.channels; ++c) {
      const auto number = [&](int i) {
        const int column = x * p.stride - p.padding + i % kWindow;
        return rows[i / kWindow][std::clamp(column, 0, p.input_size.width - 1) * pixel + c];
      };
      Type most = number(0);
      for (int i = 1; i < kWindow * kWindow && !is_nan(most); ++i)
        if (number(i) > most || is_nan(number(i))) most = number(i);
      out[c] = most;
    }
  }
}

// The largest of vectors is another number than NaN, or not, by their order, so NaN is looked for before: in
// one pass over the input, which also brings it into the cache.
template <Number kNumber, int kBytes, int kWindow>
INLINED void max_pool_of(const MaxPool& p, int first_row, int last_row) {
  using Type = TypeOf<kNumber>;
  const auto row_of = [&](int y, int i) {
    return std::clamp(y * p.stride - p.padding + i, 0, p.input_size.height - 1);
  };
  int next = 0, last_with_nan = -1;  // rows of the input: the first that was not looked at
  for (int y = first_row; y < last_row; ++y) {
    const Type* rows[kWindow];
    for (int i = 0; i < kWindow; ++i) rows[i] = at<const Type>(p.input, row_of(y, i), 0);
    auto* out = at<Type>(p.output, y, 0);
    if constexpr (kNumber != Number::kByte) {
      for (next = std::max(next, row_of(y, 0)); next <= row_of(y, kWindow - 1); ++next)
        if (row_has_nan<Type, kBytes>(p, next)) last_with_nan = next;
      if (last_with_nan >= row_of(y, 0)) {
        max_with_nan<Type, kWindow>(p, rows, out);
        continue;
      }
    }
    int c = max_of_rows<Type, kBytes, kWindow>(p, rows, out, 0);
    c = max_of_rows<Type, kBytes / 2, kWindow>(p, rows, out, c);
    c = max_of_rows<Type, kBytes / 4, kWindow>(p, rows, out, c);
    max_of_rows<Type, sizeof(Type), kWindow>(p, rows, out, c);
  }
}

struct Span {
  int begin;
  int end;
};

INLINED Span window_span(int index, int window, int stride, int inputs, int outputs) {
  if (window > 0) return {index * stride, std::min(index * stride + window, inputs)};
  return {index * inputs / outputs, ((index + 1) * inputs + outputs - 1) / outputs};
}

template <Number kFrom, Number kTo>
INLINED void average_of(const Average& a, int first_row, int last_row) {
  constexpr int kBlock = 32;
  for (int y = first_row; y < last_row; ++y) {
    const Span rows = window_span(y, a.window, a.stride, a.input_size.height, a.output_size.height);
    for (int x = 0; x < a.output_size.width; ++x) {
      const Span columns = window_span(x, a.window, a.stride, a.input_size.width, a.output_size.width);
      const float scale =
          a.scale / static_cast<float>((rows.end - rows.begin) * (columns.end - columns.begin));
      auto* out = at<TypeOf<kTo>>(a.output, y, x);
      for (int block = 0; block < a.channels; block += kBlock) {
        const int count = std::min(kBlock, a.channels - block);
        float sums[kBlock] = {};
        for (int in_y = rows.begin; in_y < rows.end; ++in_y) {
          for (int in_x = columns.begin; in_x < columns.end; ++in_x) {
            const auto* in = at<const TypeOf<kFrom>>(a.input, in_y, in_x) + block;
            for (int c = 0; c < count; ++c) sums[c] += Element<kFrom>::widen(in[c]);
          }
        }
        for (int c = 0; c < count; ++c) out[block + c] = Element<kTo>::narrow(sums[c] * scale);
      }
    }
  }
}

template <Number kNumber>
INLINED void normalize_of(const Normalize& n, int first_row, int last_row) {
  constexpr int kAround = 2;
  float squares[kMostNormalized + 2 * kAround] = {};
  for (int y = first_row; y < last_row; ++y) {
    for (int x = 0; x < n.width; ++x) {
      const auto* in = at<const TypeOf<kNumber>>(n.input, y, x);
      auto* out = at<TypeOf<kNumber>>(n.output, y, x);
      for (int c = 0; c < n.channels; ++c) {
        const float number = Element<kNumber>::widen(in[c]) * n.input_scale;
        squares[kAround + c] = number * number;
      }
      for (int c = 0; c < n.channels; ++c) {
        const float sum = squares[c] + squares[c + 1] + squares[c + 2] + squares[c + 3] + squares[c + 4];
        const float root = __builtin_sqrtf(n.k + n.alpha / 5 * sum);
        const float number = Element<kNumber>::widen(in[c]) * n.input_scale / (root * __builtin_sqrtf(root));
        out[c] = Element<kNumber>::narrow(number / n.output_scale);
      }
    }
  }
}

template <Number kTo>
INLINED bool read_floats(const Picture& p, const float* planes, int first, int last) {
  return p.stored == 3 ? read_floats_to<kTo, 3>(p, planes, first, last)
                       : read_floats_to<kTo, 4>(p, planes, first, last);
}

template <Number kTo>
INLINED void read_bytes(const Picture& p, const uint8_t* pixels, int first, int last) {
  p.stored == 3 ? read_bytes_to<kTo, 3>(p, pixels, first, last)
                : read_bytes_to<kTo, 4>(p, pixels, first, last);
}

template <Number kNumber, int kBytes>
INLINED void max_pool(const MaxPool& p, int first, int last) {
  p.window == 3 ? max_pool_of<kNumber, kBytes, 3>(p, first, last)
                : max_pool_of<kNumber, kBytes, 2>(p, first, last);
}

template <Number kFrom>
INLINED void average(Number to, const Average& a, int first, int last) {
  if (to == Number::kFloat) return average_of<kFrom, Number::kFloat>(a, first, last);
  if (to == Number::kBfloat16) return average_of<kFrom, Number::kBfloat16>(a, first, last);
  average_of<kFrom, Number::kByte>(a, first, last);
}

// BYTES: of a vector. Pictures are never bytes inside a network: their numbers have both signs.
#define KERNELS(TARGET, TIER, BYTES)                                                                      \
  TARGET bool read_floats_##TIER(Number to, const Picture& p, const float* from, int first, int last) {   \
    return to == Number::kFloat ? read_floats<Number::kFloat>(p, from, first, last)                       \
                                : read_floats<Number::kBfloat16>(p, from, first, last);                   \
  }                                                                                                       \
  TARGET void read_bytes_##TIER(Number to, const Picture& p, const uint8_t* from, int first, int last) {  \
    to == Number::kFloat ? read_bytes<Number::kFloat>(p, from, first, last)                               \
                         : read_bytes<Number::kBfloat16>(p, from, first, last);                           \
  }                                                                                                       \
  TARGET void max_pool_##TIER(Number number, const MaxPool& p, int first, int last) {                     \
    if (number == Number::kFloat) return max_pool<Number::kFloat, BYTES>(p, first, last);                 \
    if (number == Number::kBfloat16) return max_pool<Number::kBfloat16, BYTES>(p, first, last);           \
    max_pool<Number::kByte, BYTES>(p, first, last);                                                       \
  }                                                                                                       \
  TARGET void average_##TIER(Number from, Number to, const Average& a, int first, int last) {             \
    if (from == Number::kFloat) return average<Number::kFloat>(to, a, first, last);                       \
    if (from == Number::kBfloat16) return average<Number::kBfloat16>(to, a, first, last);                 \
    average<Number::kByte>(to, a, first, last);                                                           \
  }                                                                                                       \
  TARGET void normalize_##TIER(Number number, const Normalize& n, int first, int last) {                  \
    if (number == Number::kFloat) return normalize_of<Number::kFloat>(n, first, last);                    \
    if (number == Number::kBfloat16) return normalize_of<Number::kBfloat16>(n, first, last);              \
    normalize_of<Number::kByte>(n, first, last);                                                          \
  }                                                                                                       \
  constexpr MapKernels k##TIER = {read_floats_##TIER, read_bytes_##TIER, max_pool_##TIER, average_##TIER, \
                                  normalize_##TIER};

#ifdef __x86_64__
KERNELS(__attribute__((target("avx2,fma"))), Avx2, 32)
KERNELS(__attribute__((target("avx2,fma,avx512f,avx512bw,avx512dq,avx512vl" WITH_WIDE_VECTORS))), Avx512, 64)
#else
KERNELS(, Portable, 16)
#endif

}  // namespace

const MapKernels& map_kernels([[maybe_unused]] Tier tier) {
#ifdef __x86_64__
  return tier == Tier::kAvx2 ? kAvx2 : kAvx512;
#else
  return kPortable;
#endif
}

}  // namespace googlenet::kernels
