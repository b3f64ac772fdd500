#ifdef __x86_64__
#include <immintrin.h>

#include "peaks.h"

namespace {

constexpr int kRounds = 3000, kRows = 16, kRowBytes = 64;

struct alignas(64) TileConfig {
  uint8_t palette = 1;
  uint8_t reserved[15] = {};
  uint16_t row_bytes[16] = {kRowBytes, kRowBytes, kRowBytes, kRowBytes,
                            kRowBytes, kRowBytes, kRowBytes, kRowBytes};
  uint8_t rows[16] = {kRows, kRows, kRows, kRows, kRows, kRows, kRows, kRows};
};

void load_tiles() {
  static constexpr TileConfig kConfig;
  _tile_loadconfig(&kConfig);
  _tile_zero(0);
  _tile_zero(1);
  _tile_zero(2);
  _tile_zero(3);
  _tile_loadd(4, noise().pairs[4], kRowBytes);
  _tile_loadd(5, noise().pairs[5], kRowBytes);
  _tile_loadd(6, noise().pairs[6], kRowBytes);
  _tile_loadd(7, noise().pairs[7], kRowBytes);
}

double operations(int element_bytes) {
  return 2.0 * 4 * kRows * kRows * kRowBytes / element_bytes * kRounds;
}

}  // namespace

double round_bfloat16_amx() {
  load_tiles();
  for (int i = 0; i < kRounds; ++i) {
    _tile_dpbf16ps(0, 4, 6);
    _tile_dpbf16ps(1, 4, 7);
    _tile_dpbf16ps(2, 5, 6);
    _tile_dpbf16ps(3, 5, 7);
  }
  _tile_release();
  return operations(2);
}

double round_uint8_amx() {
  load_tiles();
  for (int i = 0; i < kRounds; ++i) {
    _tile_dpbusd(0, 4, 6);
    _tile_dpbusd(1, 4, 7);
    _tile_dpbusd(2, 5, 6);
    _tile_dpbusd(3, 5, 7);
  }
  _tile_release();
  return operations(1);
}
#endif
