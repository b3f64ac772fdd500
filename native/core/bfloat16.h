#pragma once

#include <cstdint>

namespace googlenet::core {

// A bfloat16 is the upper half of a float32. All of this is inlined everywhere, so that each caller compiles
// it for its own instruction set. No std::bit_cast, of which the linker might keep a copy for another one
// (kernels/local.h).

// The NaN to which c10 rounds every NaN.
constexpr uint16_t kBfloat16Nan = 0x7fc0;

[[gnu::always_inline]] inline float from_bfloat16(uint16_t bits) {
  return __builtin_bit_cast(float, static_cast<uint32_t>(bits) << 16);
}

// Adds to the bits of a float32 so that their upper half becomes the nearest bfloat16, ties to even. The
// lower half must be ignored. A NaN keeps its upper half if its lower half is zero, and may change otherwise.
[[gnu::always_inline]] inline uint32_t add_bfloat16_rounding(uint32_t bits) {
  return bits + 0x7fff + ((bits >> 16) & 1);
}

// The nearest bfloat16, ties to even.
[[gnu::always_inline]] inline uint16_t to_bfloat16(float value) {
  const uint32_t nearest = add_bfloat16_rounding(__builtin_bit_cast(uint32_t, value)) >> 16;
  return static_cast<uint16_t>(value != value ? kBfloat16Nan : nearest);
}

}  // namespace googlenet::core
