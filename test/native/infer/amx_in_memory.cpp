// Tiles of AMX in memory in place of the processor's (amx_kernels_in_memory.cpp): kernels can be tried on a
// machine that has none, and sanitizers, which do not know these instructions, see what each of them reads
// and writes.
#include "amx_in_memory.h"

#include <cstdint>
#include <cstring>

#include "kernels/cpu.h"
#include "tests.h"

namespace tiles {

namespace {

constexpr int kRows = 16;
constexpr int kRowBytes = 64;

struct Tile {
  std::byte rows[kRows][kRowBytes];
};

struct alignas(64) Registers {
  Tile tiles[8];
  bool are_ready = false;
};

thread_local Registers registers;

Tile& tile(int index) {
  if (!registers.are_ready) fail("a tile is used before begin_thread() or after end_thread()");
  return registers.tiles[index];
}

}  // namespace

// The only configuration that kernels ask for: eight tiles, all of them whole.
void load_config(const void* given) {
  uint8_t bytes[64], expected[64] = {1};
  std::memcpy(bytes, given, sizeof(bytes));
  for (int i = 0; i < 8; ++i) {
    expected[16 + 2 * i] = kRowBytes;
    expected[48 + i] = kRows;
  }
  if (std::memcmp(bytes, expected, sizeof(bytes)) != 0) fail("tiles of another shape than expected");
  std::memset(registers.tiles, 0, sizeof(registers.tiles));
  registers.are_ready = true;
}

void release() {
  registers.are_ready = false;
}

void zero(int index) {
  std::memset(&tile(index), 0, sizeof(Tile));
}

void load(int index, const void* from, int64_t stride) {
  for (int row = 0; row < kRows; ++row)
    std::memcpy(tile(index).rows[row], static_cast<const std::byte*>(from) + row * stride, kRowBytes);
}

void store(int index, void* to, int64_t stride) {
  for (int row = 0; row < kRows; ++row)
    std::memcpy(static_cast<std::byte*>(to) + row * stride, tile(index).rows[row], kRowBytes);
}

namespace {

// `kEach` values of a row of `a` times as many rows of values in `b`, which stand side by side for each
// column of the sums. Nothing but tiles is touched here, a thousand times more often than anything else.
template <int kEach, typename Left, typename Right, typename Sum>
__attribute__((no_sanitize("address", "undefined"), optimize("O3"))) void multiply(Tile& sums, const Tile& a,
                                                                                   const Tile& b,
                                                                                   Sum (*widen_a)(Left),
                                                                                   Sum (*widen_b)(Right)) {
  Left left[kRows][kRows * kEach];
  Right right[kRows][kRows * kEach];
  Sum to[kRows][kRows], weights[kRows * kEach][kRows];
  std::memcpy(left, &a, sizeof(left));
  std::memcpy(right, &b, sizeof(right));
  std::memcpy(to, &sums, sizeof(to));
  for (int k = 0; k < kRows * kEach; ++k)
    for (int n = 0; n < kRows; ++n) weights[k][n] = widen_b(right[k / kEach][n * kEach + k % kEach]);
  for (int m = 0; m < kRows; ++m)
    for (int k = 0; k < kRows * kEach; ++k) {
      const Sum value = widen_a(left[m][k]);
      for (int n = 0; n < kRows; ++n) to[m][n] += value * weights[k][n];
    }
  std::memcpy(&sums, to, sizeof(to));
}

float from_half(uint16_t number) {
  const uint32_t bits = uint32_t{number} << 16;
  float wide;
  std::memcpy(&wide, &bits, sizeof(wide));
  return wide;
}

template <typename Byte>
int32_t from_byte(Byte number) {
  return number;
}

}  // namespace

void multiply_bfloat16(int sums, int a, int b) {
  multiply<2, uint16_t, uint16_t, float>(tile(sums), tile(a), tile(b), from_half, from_half);
}

void multiply_int8(int sums, int a, int b) {
  multiply<4, uint8_t, int8_t, int32_t>(tile(sums), tile(a), tile(b), from_byte<uint8_t>, from_byte<int8_t>);
}

bool has_what_else_amx_kernels_need() {
  return googlenet::kernels::has_avx512_bf16();
}

}  // namespace tiles
