#pragma once

#include <cstdint>
#include <vector>

namespace googlenet::infer {

// Memory of which parts are used for a while.
class ArenaPlanner {
 public:
  // From phase `first` to `last`, both included. The offset is known after place().
  int add(int64_t bytes, int first, int last);
  // Decides all offsets, and returns the size of the whole.
  int64_t place();
  int64_t offset(int part) const { return parts_[part].offset; }

 private:
  struct Part {
    int64_t bytes;
    int first, last;
    int64_t offset;
  };
  std::vector<Part> parts_;
};

}  // namespace googlenet::infer
