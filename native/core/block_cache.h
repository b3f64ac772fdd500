#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <mutex>

namespace googlenet::core {

// A block of memory begins with this, and the bytes of a tensor follow it. It is as long as the alignment
// that libtorch promises.
struct alignas(64) Block {
  size_t capacity;  // of the whole block, this header included
  bool is_mapped;   // by a BlockCache; otherwise malloc's
};

constexpr size_t round_up(size_t bytes, size_t unit) {
  return (bytes + unit - 1) / unit * unit;
}

// Mapped blocks of memory. Freed ones are kept for the next tensors, as much as tuning.h allows. Thread-safe.
class BlockCache {
 public:
  using Clock = std::chrono::steady_clock;

  // A block of at least `bytes`, header included: a kept one or a new one. Null if there is no memory.
  Block* take(size_t bytes);

  void give_back(Block* block) noexcept;

  // Returns blocks to the system that have been kept for `age`.
  void release(Clock::duration age) noexcept;

  // Freed blocks are kept while there is a keeper. When the last one is removed, all kept blocks go back.
  void add_keeper();
  void remove_keeper() noexcept;

 private:
  struct Unused {
    Block* block;
    Clock::time_point since;
  };
  using UnusedBlocks = std::multimap<size_t, Unused>;  // by capacity

  // With the mutex held:
  Block* find(size_t capacity);
  void count_use(size_t capacity);
  void remove_surplus(UnusedBlocks& surplus);
  void move(UnusedBlocks::iterator entry, UnusedBlocks& target);

  // Without the mutex:
  void unmap(UnusedBlocks& blocks) noexcept;

  std::mutex mutex_;
  UnusedBlocks unused_;
  size_t unused_bytes_ = 0;
  size_t used_bytes_ = 0;
  size_t peak_ = 0;       // of used_bytes_, since interval_start_
  size_t last_peak_ = 0;  // of the interval before
  Clock::time_point interval_start_ = Clock::now();
  size_t keepers_ = 0;
};

}  // namespace googlenet::core
