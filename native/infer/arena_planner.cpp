#include "infer/arena_planner.h"

#include <algorithm>
#include <numeric>

namespace googlenet::infer {

namespace {
constexpr int64_t kAlignment = 64;  // a cache line
}

int ArenaPlanner::add(int64_t bytes, int first, int last) {
  blocks_.push_back({(bytes + kAlignment - 1) / kAlignment * kAlignment, first, last, 0});
  return static_cast<int>(blocks_.size()) - 1;
}

// Puts the largest block first, each at the lowest offset where it meets no block that is in use at the
// same time.
int64_t ArenaPlanner::plan() {
  std::vector<int> order(blocks_.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](int a, int b) { return blocks_[a].bytes > blocks_[b].bytes; });
  std::vector<const Block*> placed;  // by offset
  int64_t whole = 0;
  for (const int index : order) {
    Block& block = blocks_[index];
    for (const Block* other : placed) {
      if (other->last < block.first || block.last < other->first) continue;
      if (other->offset >= block.offset + block.bytes) break;
      block.offset = std::max(block.offset, other->offset + other->bytes);
    }
    placed.insert(std::upper_bound(placed.begin(), placed.end(), &block,
                                   [](const Block* a, const Block* b) { return a->offset < b->offset; }),
                  &block);
    whole = std::max(whole, block.offset + block.bytes);
  }
  return whole;
}

}  // namespace googlenet::infer
