#pragma once

#include <cstddef>
#include <cstdint>

// For files that are compiled with the flags of an instruction set (flags.txt). Whatever they compile out of
// line must have internal linkage: of an inline function or template that several objects define, the linker
// keeps one copy for the whole addon, and that might be the one for AVX-512. So these files and the headers
// in simd/ stand in unnamed namespaces and use no function of the standard library;
// test/contract/instruction-sets.test.ts looks at the objects.

#define ALWAYS_INLINE inline __attribute__((always_inline))

namespace googlenet::kernels {

namespace {

template <typename T>
ALWAYS_INLINE constexpr T min(T a, T b) {
  return b < a ? b : a;
}

template <typename T>
ALWAYS_INLINE constexpr T max(T a, T b) {
  return a < b ? b : a;
}

template <typename T>
ALWAYS_INLINE constexpr T clamp(T value, T low, T high) {
  return value < low ? low : high < value ? high : value;
}

template <typename To, typename From>
ALWAYS_INLINE To bit_cast(const From& from) {
  static_assert(sizeof(To) == sizeof(From));
  To to;
  __builtin_memcpy(&to, &from, sizeof(To));
  return to;
}

template <typename T>
ALWAYS_INLINE void load(T& to, const void* from) {
  __builtin_memcpy(&to, from, sizeof(T));
}

template <typename T>
ALWAYS_INLINE void store(void* to, const T& from) {
  __builtin_memcpy(to, &from, sizeof(T));
}

ALWAYS_INLINE void fill_zeros(float* to, int64_t count) {
  __builtin_memset(to, 0, static_cast<size_t>(count) * sizeof(float));
}

}  // namespace

}  // namespace googlenet::kernels
