#include "nn/max_pool_rows.h"

#include <algorithm>
#include <bit>
#include <type_traits>
#include <utility>

#include "core/wide_vectors.h"

// Plain loops that compilers turn into vector instructions. All of it is inlined into the functions at the
// end, and so compiled for the instruction set of each.
#define INLINED inline __attribute__((always_inline))

namespace googlenet::nn {

namespace {

INLINED float widen(float number) {
  return number;
}

INLINED float widen(uint16_t bits) {
  return std::bit_cast<float>(static_cast<uint32_t>(bits) << 16);
}

// Of a float that is a Number already.
template <typename Number>
INLINED Number narrow(float number) {
  if constexpr (std::is_same_v<Number, float>) {
    return number;
  } else {
    return static_cast<uint16_t>(std::bit_cast<uint32_t>(number) >> 16);
  }
}

// The nearest Number, ties to even. NaNs that come from bfloat16 have nothing in the lower half, so they stay
// as they are.
template <typename Number>
INLINED float round_to(float number) {
  if constexpr (std::is_same_v<Number, float>) {
    return number;
  } else {
    const auto bits = std::bit_cast<uint32_t>(number);
    return std::bit_cast<float>((bits + 0x7fff + ((bits >> 16) & 1)) & 0xffff0000);
  }
}

// A rounded sum. c10 rounds every NaN to the same bfloat16.
template <typename Number>
INLINED Number narrow_sum(float sum) {
  if constexpr (std::is_same_v<Number, float>) {
    return sum;
  } else {
    return sum != sum ? 0x7fc0 : narrow<Number>(sum);
  }
}

// Calls `work` with parts [begin, begin + size) that cover [0, count): blocks of a size that the compiler
// knows, the last of which does some of the one before again.
template <typename Work>
INLINED void in_blocks(int64_t count, const Work& work) {
  if (count < kBlock) return work(0, count);
  for (int64_t begin = 0; begin < count; begin += kBlock) work(std::min(begin, count - kBlock), kBlock);
}

template <bool kWithTaps, typename Number, int... Tap>
INLINED void maxima_of(std::array<const Number*, kWindow> in, float floor, const uint8_t* otherwise,
                       int64_t count, Number* __restrict output, uint8_t* __restrict taps,
                       std::integer_sequence<int, Tap...> /*unrolled*/) {
  in_blocks(
      count, [&](int64_t begin, int64_t size) __attribute__((always_inline)) {
        for (int64_t i = begin; i < begin + size; ++i) {
          float best = -std::numeric_limits<float>::infinity();
          int32_t tap = 0;
          const auto see = [&](float number, int32_t number_tap) __attribute__((always_inline)) {
            const bool wins = (number > best) | (number != number);
            best = wins ? number : best;
            tap = wins ? number_tap : tap;
          };
          (see(widen(in[Tap][i]), Tap), ...);
          const float first = widen(in[0][i]);
          const bool nothing = best <= floor;
          output[i] = narrow<Number>(nothing ? (first < floor ? floor : first) : best);
          if constexpr (kWithTaps) taps[i] = static_cast<uint8_t>(nothing ? otherwise[i] : tap);
        }
      });
}

template <typename Number>
INLINED void maxima(const Windows<Number>& row) {
  constexpr std::make_integer_sequence<int, kWindow> all_taps{};
  if (row.taps == nullptr) {
    maxima_of<false>(row.in, row.floor, row.otherwise, row.count, row.output, row.taps, all_taps);
  } else {
    maxima_of<true>(row.in, row.floor, row.otherwise, row.count, row.output, row.taps, all_taps);
  }
}

template <typename Number, int... Window>
INLINED void sums_of(std::array<const Number*, kWindow> grads, std::array<const uint8_t*, kWindow> taps,
                     std::array<uint8_t, kWindow> wanted, int64_t count, Number* __restrict output,
                     std::integer_sequence<int, Window...> /*unrolled*/) {
  in_blocks(
      count, [&](int64_t begin, int64_t size) __attribute__((always_inline)) {
        for (int64_t i = begin; i < begin + size; ++i) {
          float sum = 0;
          // A mask and no branch lets the loop be vectorised. Adding zero changes no sum: none is -0, as it
          // began with +0.
          const auto add = [&](float grad, bool hit) __attribute__((always_inline)) {
            const uint32_t mask = -static_cast<uint32_t>(hit);
            sum = round_to<Number>(sum + std::bit_cast<float>(std::bit_cast<uint32_t>(grad) & mask));
          };
          (add(widen(grads[Window][i]), taps[Window][i] == wanted[Window]), ...);
          output[i] = narrow_sum<Number>(sum);
        }
      });
}

template <typename Number>
INLINED void sums(const Gradients<Number>& row) {
  const auto of = [&]<int kWindows>(std::integral_constant<int, kWindows>) __attribute__((always_inline)) {
    sums_of(row.grads, row.taps, row.wanted, row.count, row.output,
            std::make_integer_sequence<int, kWindows>());
  };
  if (row.windows == 1) return of(std::integral_constant<int, 1>());
  if (row.windows == 2) return of(std::integral_constant<int, 2>());
  if (row.windows == 4) return of(std::integral_constant<int, 4>());
  of(std::integral_constant<int, kWindow>());
}

template <typename Number>
void maxima_portable(const Windows<Number>& row) {
  maxima(row);
}

template <typename Number>
void sums_portable(const Gradients<Number>& row) {
  sums(row);
}

#ifdef __x86_64__
#define FOR_AVX2 __attribute__((target("avx2")))
#define FOR_AVX512 __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl" WITH_WIDE_VECTORS)))

template <typename Number>
FOR_AVX2 void maxima_avx2(const Windows<Number>& row) {
  maxima(row);
}

template <typename Number>
FOR_AVX2 void sums_avx2(const Gradients<Number>& row) {
  sums(row);
}

template <typename Number>
FOR_AVX512 void maxima_avx512(const Windows<Number>& row) {
  maxima(row);
}

template <typename Number>
FOR_AVX512 void sums_avx512(const Gradients<Number>& row) {
  sums(row);
}
#endif

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
PoolRows<Number> pool_rows([[maybe_unused]] InstructionSet set) {
#ifdef __x86_64__
  if (set == InstructionSet::kAvx2) return {maxima_avx2<Number>, sums_avx2<Number>};
  if (set == InstructionSet::kAvx512) return {maxima_avx512<Number>, sums_avx512<Number>};
#endif
  return {maxima_portable<Number>, sums_portable<Number>};
}

template PoolRows<float> pool_rows(InstructionSet set);
template PoolRows<uint16_t> pool_rows(InstructionSet set);

}  // namespace googlenet::nn
