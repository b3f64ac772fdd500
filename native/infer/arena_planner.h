#pragma once

#include <cstdint>
#include <vector>

namespace googlenet::infer {

// Lays out blocks of memory that are in use for some phases only: blocks whose phases do not meet may share
// bytes.
class ArenaPlanner {
 public:
  // Adds a block that is in use from phase `first` to `last`, both included, and returns its index.
  int add(int64_t bytes, int first, int last);
  // Chooses all offsets, and returns the size of the arena.
  int64_t plan();
  int64_t offset(int block) const { return blocks_[block].offset; }

 private:
  struct Block {
    int64_t bytes;
    int first, last;
    int64_t offset;
  };
  std::vector<Block> blocks_;
};

}  // namespace googlenet::infer
