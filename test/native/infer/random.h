#pragma once

#include <bit>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <string>

// What the tests of engines draw from: one seed, one run.
class Random {
 public:
  explicit Random(uint64_t seed) : generator_(seed) {}
  int in(int least, int most) { return std::uniform_int_distribution<int>(least, most)(generator_); }
  bool maybe() { return in(0, 1) == 1; }
  float normal() { return std::normal_distribution<float>()(generator_); }
  template <class T, size_t kCount>
  T one_of(const T (&choices)[kCount]) {
    return choices[in(0, static_cast<int>(kCount) - 1)];
  }

 private:
  std::mt19937_64 generator_;
};

// To the nearest, ties to even. Of finite numbers.
inline uint16_t to_bfloat16(float number) {
  const auto bits = std::bit_cast<uint32_t>(number);
  return static_cast<uint16_t>((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
}

inline float from_bfloat16(uint16_t number) {
  return std::bit_cast<float>(static_cast<uint32_t>(number) << 16);
}

template <class T>
T load_as(const void* from) {
  T number;
  std::memcpy(&number, from, sizeof(T));
  return number;
}

[[noreturn]] inline void fail(const std::string& what) {
  std::fprintf(stderr, "%s\n", what.c_str());
  std::exit(1);
}
