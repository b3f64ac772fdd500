#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <utility>

// The arithmetic of 3×3 max-pooling, on windows that lie side by side in memory: along the channels of a pixel or
// along the columns of a plane. Plain loops, which compilers turn into vector instructions; everything is inlined,
// and so compiled for the instruction set of the function that calls it.
#define GOOGLENET_INLINED inline __attribute__((always_inline))

namespace googlenet {

constexpr int kWindow = 9;
constexpr uint8_t kNoTap = 0xff;

template <typename Number>
inline constexpr Number kMinusInfinity = -std::numeric_limits<float>::infinity();
template <>
inline constexpr uint16_t kMinusInfinity<uint16_t> = 0xff80;

GOOGLENET_INLINED float widen(float number) {
  return number;
}

GOOGLENET_INLINED float widen(uint16_t bits) {
  return std::bit_cast<float>(static_cast<uint32_t>(bits) << 16);
}

// Of a float that is a Number already.
template <typename Number>
GOOGLENET_INLINED Number narrow(float number) {
  if constexpr (std::is_same_v<Number, float>) {
    return number;
  } else {
    return static_cast<uint16_t>(std::bit_cast<uint32_t>(number) >> 16);
  }
}

// The nearest Number, ties to even. A NaN stays one, because the lower half of a sum of bfloat16 NaNs is zero.
template <typename Number>
GOOGLENET_INLINED float round_to(float number) {
  if constexpr (std::is_same_v<Number, float>) {
    return number;
  } else {
    const auto bits = std::bit_cast<uint32_t>(number);
    return std::bit_cast<float>((bits + 0x7fff + ((bits >> 16) & 1)) & 0xffff0000);
  }
}

// c10 rounds every NaN to the same bfloat16.
template <typename Number>
GOOGLENET_INLINED Number narrow_sum(float sum) {
  if constexpr (std::is_same_v<Number, float>) {
    return sum;
  } else {
    return sum != sum ? 0x7fc0 : narrow<Number>(sum);
  }
}

// Window i is in[0][i] to in[8][i]. `first` has the tap of windows in which nothing is above minus infinity.
template <bool kWithTaps, typename Number, int... Tap>
GOOGLENET_INLINED void maxima(std::array<const Number*, kWindow> in, const uint8_t* first, int64_t count,
                              Number* __restrict output, uint8_t* __restrict taps,
                              std::integer_sequence<int, Tap...> /*unroll*/) {
  for (int64_t i = 0; i < count; ++i) {
    float best = -std::numeric_limits<float>::infinity();
    int32_t best_tap = kWithTaps ? first[i] : 0;
    const auto see = [&](float number, int32_t tap) __attribute__((always_inline)) {
      const bool wins = (number > best) | (number != number);
      best = wins ? number : best;
      best_tap = wins ? tap : best_tap;
    };
    (see(widen(in[Tap][i]), Tap), ...);
    output[i] = narrow<Number>(best);
    if constexpr (kWithTaps) taps[i] = static_cast<uint8_t>(best_tap);
  }
}

// Which windows an input takes part in depends on its row and column modulo the stride, its phase. Along one
// dimension they see it with these taps, in the order of the windows: 2 1 0 with stride 1; 2 0 or 1 with stride 2.
constexpr int windows_over(int stride, int phase) {
  return (2 - phase) / stride + 1;
}
constexpr int tap_of(int stride, int phase, int window) {
  return 2 - phase - window * stride;
}

template <int kStride, int kRowPhase, int kColumnPhase>
struct Phase {
  static constexpr int kStep = kStride;
  static constexpr int kRow = kRowPhase;
  static constexpr int kColumn = kColumnPhase;
  static constexpr int kColumns = windows_over(kStride, kColumnPhase);
  static constexpr int kWindows = windows_over(kStride, kRowPhase) * kColumns;

  static constexpr int row_tap(int window) { return tap_of(kStride, kRowPhase, window / kColumns); }
  static constexpr int column_tap(int window) { return tap_of(kStride, kColumnPhase, window % kColumns); }
};

// Input i gets the sum of those grads[w][i] whose taps[w][i] is the place where window w sees it.
template <typename At, typename Number, int... Window>
GOOGLENET_INLINED void sums(std::array<const Number*, At::kWindows> grads,
                            std::array<const uint8_t*, At::kWindows> taps, int64_t count,
                            Number* __restrict output, std::integer_sequence<int, Window...> /*unroll*/) {
  for (int64_t i = 0; i < count; ++i) {
    float sum = 0;
    // Adding zero changes no sum: none is -0, since it began with +0. A mask and no branch lets it be vectorised.
    const auto add = [&](float grad, bool hit) __attribute__((always_inline)) {
      const uint32_t mask = -static_cast<uint32_t>(hit);
      sum = round_to<Number>(sum + std::bit_cast<float>(std::bit_cast<uint32_t>(grad) & mask));
    };
    (add(widen(grads[Window][i]), taps[Window][i] == 3 * At::row_tap(Window) + At::column_tap(Window)), ...);
    output[i] = narrow_sum<Number>(sum);
  }
}

}  // namespace googlenet
