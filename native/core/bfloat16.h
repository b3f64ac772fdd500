#pragma once

#include <cstdint>

// Inlined everywhere, so that each caller compiles it for its own instruction set. No std::bit_cast, which the
// linker might keep in a copy for another one (kernels/local.h).
#define ALWAYS_INLINE inline __attribute__((always_inline))

namespace googlenet::core {

// A bfloat16 is the upper half of a float32.

// The NaN to which c10 rounds every NaN.
constexpr uint16_t kBfloat16Nan = 0x7fc0;

ALWAYS_INLINE float from_bfloat16(uint16_t bits) {
  return __builtin_bit_cast(float, static_cast<uint32_t>(bits) << 16);
}

// Adds to the bits of a float32 so that their upper half becomes the nearest bfloat16, ties to even. The
// lower half must be ignored. A NaN keeps its upper half if its lower half is zero, and may change otherwise.
ALWAYS_INLINE uint32_t add_bfloat16_rounding(uint32_t bits) {
  return bits + 0x7fff + ((bits >> 16) & 1);
}

// The nearest bfloat16, ties to even.
ALWAYS_INLINE uint16_t to_bfloat16(float value) {
  const uint32_t nearest = add_bfloat16_rounding(__builtin_bit_cast(uint32_t, value)) >> 16;
  return static_cast<uint16_t>(value != value ? kBfloat16Nan : nearest);
}

}  // namespace googlenet::core

#undef ALWAYS_INLINE
