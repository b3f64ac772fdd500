#include "infer/arena.h"

#include <algorithm>
#include <numeric>

namespace googlenet::infer {

namespace {
constexpr int64_t kAlignment = 64;
}

int ArenaPlanner::add(int64_t bytes, int first, int last) {
  parts_.push_back({(bytes + kAlignment - 1) / kAlignment * kAlignment, first, last, 0});
  return static_cast<int>(parts_.size()) - 1;
}

// The largest first, each at the lowest place where it meets nothing that is used at the same time.
int64_t ArenaPlanner::place() {
  std::vector<int> order(parts_.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](int a, int b) { return parts_[a].bytes > parts_[b].bytes; });
  std::vector<const Part*> placed;  // by offset
  int64_t whole = 0;
  for (const int index : order) {
    Part& part = parts_[index];
    for (const Part* other : placed) {
      if (other->last < part.first || part.last < other->first) continue;
      if (other->offset >= part.offset + part.bytes) break;
      part.offset = std::max(part.offset, other->offset + other->bytes);
    }
    placed.insert(std::upper_bound(placed.begin(), placed.end(), &part,
                                   [](const Part* a, const Part* b) { return a->offset < b->offset; }),
                  &part);
    whole = std::max(whole, part.offset + part.bytes);
  }
  return whole;
}

}  // namespace googlenet::infer
