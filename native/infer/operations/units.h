#pragma once

#include <algorithm>
#include <cstdint>

#include "core/error.h"

namespace googlenet::infer {

// Units of a convolution: blocks of output channels × tiles of pixels.

inline int divide_up(int a, int b) {
  return (a + b - 1) / b;
}

// Where the first `part` of `parts` about equal parts of `total` end.
inline int cut(int total, int part, int parts) {
  return static_cast<int>(int64_t{total} * part / parts);
}

// Throws INVALID_SHAPE for more than an int can count.
inline int count_units(int blocks, int64_t tiles) {
  constexpr int64_t kMax = 1 << 30;
  if (blocks * tiles > kMax) throw core::Error("INVALID_SHAPE", "The image is too large for this network.");
  return static_cast<int>(blocks * tiles);
}

// Walks through units [first, last) of a rectangle of `inner` units a row. Calls `work` with a range of rows
// and a range of units in each of them, at most three times.
template <typename Work>
void for_each_rectangle(int first, int last, int inner, const Work& work) {
  while (first < last) {
    const int row = first / inner, begin = first % inner;
    const int rows = begin == 0 ? (last - first) / inner : 0;
    if (rows > 0) {
      work(row, row + rows, 0, inner);
      first += rows * inner;
    } else {
      const int end = std::min(inner, begin + last - first);
      work(row, row + 1, begin, end);
      first += end - begin;
    }
  }
}

// Calls `work(first_tile, last_tile, first_block, last_block)`. Neighbouring units share the weights of a
// block (`by_blocks`) or the pixels of a tile.
template <typename Work>
void for_each_unit_range(int first, int last, bool by_blocks, int tiles, int blocks, const Work& work) {
  if (by_blocks) {
    for_each_rectangle(first, last, tiles, [&](int block, int last_block, int tile, int last_tile) {
      work(tile, last_tile, block, last_block);
    });
  } else {
    for_each_rectangle(first, last, blocks, work);
  }
}

}  // namespace googlenet::infer
