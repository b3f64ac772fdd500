#include "nn/max_pool/rows.h"

#include <algorithm>
#include <bit>
#include <type_traits>
#include <utility>

#include "core/bfloat16.h"
#include "core/wide_vectors.h"
#include "kernels/cpu.h"

// Plain loops that compilers vectorize. All of them are inlined into the functions at the end, and so
// compiled for the instruction set of each.
#define INLINED inline __attribute__((always_inline))

namespace googlenet::nn {

namespace {

INLINED float widen(float value) {
  return value;
}

INLINED float widen(uint16_t bits) {
  return core::from_bfloat16(bits);
}

// For floats that T can represent.
template <typename T>
INLINED T narrow(float value) {
  if constexpr (std::is_same_v<T, float>) {
    return value;
  } else {
    return static_cast<uint16_t>(std::bit_cast<uint32_t>(value) >> 16);
  }
}

// To the nearest T, ties to even. NaNs that come from bfloat16 have zeros in the lower half, so they keep
// their bits.
template <typename T>
INLINED float round_to(float value) {
  if constexpr (std::is_same_v<T, float>) {
    return value;
  } else {
    const uint32_t bits = core::add_bfloat16_rounding(std::bit_cast<uint32_t>(value));
    return std::bit_cast<float>(bits & 0xffff0000);
  }
}

// For rounded sums. c10 rounds every NaN to the same bfloat16.
template <typename T>
INLINED T narrow_sum(float sum) {
  if constexpr (std::is_same_v<T, float>) {
    return sum;
  } else {
    return sum != sum ? core::kBfloat16Nan : narrow<T>(sum);
  }
}

// Calls `work` for parts [begin, begin + size) that cover [0, count): blocks of a size known at compile time.
// The last one repeats some of the one before.
template <typename Work>
INLINED void in_blocks(int64_t count, const Work& work) {
  if (count < kBlock) return work(0, count);
  for (int64_t begin = 0; begin < count; begin += kBlock) work(std::min(begin, count - kBlock), kBlock);
}

template <bool kWithArgmax, typename T, int... Index>
INLINED void maxima_of(std::array<const T*, kKernelElements> in, float floor, const uint8_t* fallback,
                       int64_t count, T* __restrict output, uint8_t* __restrict argmax,
                       std::integer_sequence<int, Index...> /*unrolled*/) {
  in_blocks(
      count, [&](int64_t begin, int64_t size) __attribute__((always_inline)) {
        for (int64_t i = begin; i < begin + size; ++i) {
          float best = -std::numeric_limits<float>::infinity();
          int32_t argmax_index = 0;
          const auto see = [&](float value, int32_t index) __attribute__((always_inline)) {
            const bool wins = (value > best) | (value != value);
            best = wins ? value : best;
            argmax_index = wins ? index : argmax_index;
          };
          (see(widen(in[Index][i]), Index), ...);
          const float first = widen(in[0][i]);
          const bool nothing = best <= floor;
          output[i] = narrow<T>(nothing ? (first < floor ? floor : first) : best);
          if constexpr (kWithArgmax) argmax[i] = static_cast<uint8_t>(nothing ? fallback[i] : argmax_index);
        }
      });
}

template <typename T>
INLINED void maxima(const MaximaRow<T>& row) {
  constexpr std::make_integer_sequence<int, kKernelElements> all_inputs{};
  if (row.argmax == nullptr) {
    maxima_of<false>(row.in, row.floor, row.fallback, row.count, row.output, row.argmax, all_inputs);
  } else {
    maxima_of<true>(row.in, row.floor, row.fallback, row.count, row.output, row.argmax, all_inputs);
  }
}

template <typename T, int... Output>
INLINED void sums_of(std::array<const T*, kKernelElements> grads,
                     std::array<const uint8_t*, kKernelElements> argmax,
                     std::array<uint8_t, kKernelElements> own_index, int64_t count, T* __restrict grad_input,
                     std::integer_sequence<int, Output...> /*unrolled*/) {
  in_blocks(
      count, [&](int64_t begin, int64_t size) __attribute__((always_inline)) {
        for (int64_t i = begin; i < begin + size; ++i) {
          float sum = 0;
          // A mask instead of a branch, so that the loop can be vectorized. Adding zero changes no sum: none
          // is -0, because it starts with +0.
          const auto add = [&](float grad, bool is_own) __attribute__((always_inline)) {
            const uint32_t mask = -static_cast<uint32_t>(is_own);
            sum = round_to<T>(sum + std::bit_cast<float>(std::bit_cast<uint32_t>(grad) & mask));
          };
          (add(widen(grads[Output][i]), argmax[Output][i] == own_index[Output]), ...);
          grad_input[i] = narrow_sum<T>(sum);
        }
      });
}

template <typename T>
INLINED void sums(const GradientRow<T>& row) {
  const auto of = [&]<int kOutputs>(std::integral_constant<int, kOutputs>) __attribute__((always_inline)) {
    sums_of(row.grads, row.argmax, row.own_index, row.count, row.grad_input,
            std::make_integer_sequence<int, kOutputs>());
  };
  if (row.outputs == 1) return of(std::integral_constant<int, 1>());
  if (row.outputs == 2) return of(std::integral_constant<int, 2>());
  if (row.outputs == 4) return of(std::integral_constant<int, 4>());
  of(std::integral_constant<int, kKernelElements>());
}

template <typename T>
void maxima_baseline(const MaximaRow<T>& row) {
  maxima(row);
}

template <typename T>
void sums_baseline(const GradientRow<T>& row) {
  sums(row);
}

#ifdef __x86_64__
#define FOR_AVX2 __attribute__((target("avx2")))
#define FOR_AVX512 __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl" WITH_WIDE_VECTORS)))

template <typename T>
FOR_AVX2 void maxima_avx2(const MaximaRow<T>& row) {
  maxima(row);
}

template <typename T>
FOR_AVX2 void sums_avx2(const GradientRow<T>& row) {
  sums(row);
}

template <typename T>
FOR_AVX512 void maxima_avx512(const MaximaRow<T>& row) {
  maxima(row);
}

template <typename T>
FOR_AVX512 void sums_avx512(const GradientRow<T>& row) {
  sums(row);
}
#endif

}  // namespace

bool is_supported(InstructionSet set) {
  if (set == InstructionSet::kAvx2) return kernels::has_avx2();
  if (set == InstructionSet::kAvx512) return kernels::has_avx512();
  return set == InstructionSet::kBaseline;
}

template <typename T>
RowFunctions<T> row_functions([[maybe_unused]] InstructionSet set) {
#ifdef __x86_64__
  if (set == InstructionSet::kAvx2) return {maxima_avx2<T>, sums_avx2<T>};
  if (set == InstructionSet::kAvx512) return {maxima_avx512<T>, sums_avx512<T>};
#endif
  return {maxima_baseline<T>, sums_baseline<T>};
}

template RowFunctions<float> row_functions(InstructionSet set);
template RowFunctions<uint16_t> row_functions(InstructionSet set);

}  // namespace googlenet::nn
