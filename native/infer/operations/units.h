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

// Walks through units [first, last) of a rectangle of `inner` units a row. Calls `visit` with a range of rows
// and a range of units in each of them, at most three times.
template <typename Visit>
void visit_rectangles(int first, int last, int inner, const Visit& visit) {
  while (first < last) {
    const int row = first / inner, begin = first % inner;
    const int rows = begin == 0 ? (last - first) / inner : 0;
    if (rows > 0) {
      visit(row, row + rows, 0, inner);
      first += rows * inner;
    } else {
      const int end = std::min(inner, begin + last - first);
      visit(row, row + 1, begin, end);
      first += end - begin;
    }
  }
}

// Calls `visit(first_tile, last_tile, first_block, last_block)`. Neighbouring units share the weights of a
// block (`by_blocks`) or the pixels of a tile.
template <typename Visit>
void visit_units(int first, int last, bool by_blocks, int tiles, int blocks, const Visit& visit) {
  if (by_blocks) {
    visit_rectangles(first, last, tiles, [&](int block, int last_block, int tile, int last_tile) {
      visit(tile, last_tile, block, last_block);
    });
  } else {
    visit_rectangles(first, last, blocks, visit);
  }
}

}  // namespace googlenet::infer
