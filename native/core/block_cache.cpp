#include "core/block_cache.h"

#include <sys/mman.h>

#include <algorithm>
#include <new>
#include <utility>

#include "core/tuning.h"

namespace googlenet::core {

namespace {

constexpr size_t kPageBytes = 4096;

// Null if there is no memory. Ordinary pages: huge ones were not faster, and their first touch took seconds.
Block* map_block(size_t capacity) {
  void* memory = mmap(nullptr, capacity, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return memory == MAP_FAILED ? nullptr : new (memory) Block{capacity, true};
}

}  // namespace

Block* BlockCache::take(size_t bytes) {
  const size_t capacity = round_up(bytes, kPageBytes);
  UnusedBlocks surplus;
  {
    std::lock_guard lock(mutex_);
    if (Block* block = find(capacity)) return block;
    count_use(capacity);
    remove_surplus(surplus);
  }
  unmap(surplus);
  Block* block = map_block(capacity);
  if (block != nullptr) return block;
  release(Clock::duration::zero());
  block = map_block(capacity);
  if (block != nullptr) return block;
  std::lock_guard lock(mutex_);
  used_bytes_ -= capacity;
  return nullptr;
}

void BlockCache::give_back(Block* block) noexcept {
  const size_t capacity = block->capacity;
  try {
    std::lock_guard lock(mutex_);
    used_bytes_ -= capacity;
    if (keepers_ > 0) {
      unused_.emplace(capacity, Unused{block, Clock::now()});
      unused_bytes_ += capacity;
      return;
    }
  } catch (const std::bad_alloc&) {
    // There is no memory for the entry either.
  }
  munmap(block, capacity);
}

void BlockCache::release(Clock::duration age) noexcept {
  UnusedBlocks old;
  {
    std::lock_guard lock(mutex_);
    const auto now = Clock::now();
    for (auto entry = unused_.begin(); entry != unused_.end();) {
      const auto next = std::next(entry);
      if (now - entry->second.since >= age) move(entry, old);
      entry = next;
    }
  }
  unmap(old);
}

void BlockCache::add_keeper() {
  std::lock_guard lock(mutex_);
  ++keepers_;
}

void BlockCache::remove_keeper() noexcept {
  {
    std::lock_guard lock(mutex_);
    if (--keepers_ > 0) return;
    // Use before this pause says nothing about use after it.
    peak_ = last_peak_ = used_bytes_;
  }
  release(Clock::duration::zero());
}

// The smallest unused block that is large enough, unless it is much too large.
Block* BlockCache::find(size_t capacity) {
  const auto entry = unused_.lower_bound(capacity);
  if (entry == unused_.end() || entry->first > kMaxBlockOversize * capacity) return nullptr;
  Block* block = entry->second.block;
  unused_.erase(entry);
  unused_bytes_ -= block->capacity;
  count_use(block->capacity);
  return block;
}

void BlockCache::count_use(size_t capacity) {
  used_bytes_ += capacity;
  peak_ = std::max(peak_, used_bytes_);
}

// Moves the oldest unused blocks out until the rest is within the limit.
void BlockCache::remove_surplus(UnusedBlocks& surplus) {
  const auto now = Clock::now();
  if (now - interval_start_ > kPeakInterval) {
    interval_start_ = now;
    last_peak_ = std::exchange(peak_, used_bytes_);
  }
  const size_t limit = kMaxBytesPerPeak * std::max(peak_, last_peak_);
  const auto older = [](const auto& a, const auto& b) { return a.second.since < b.second.since; };
  while (!unused_.empty() && used_bytes_ + unused_bytes_ > limit)
    move(std::min_element(unused_.begin(), unused_.end(), older), surplus);
}

// Allocates nothing, so that memory can be returned when there is none left.
void BlockCache::move(UnusedBlocks::iterator entry, UnusedBlocks& target) {
  unused_bytes_ -= entry->first;
  target.insert(unused_.extract(entry));
}

void BlockCache::unmap(UnusedBlocks& blocks) noexcept {
  while (!blocks.empty()) {
    auto node = blocks.extract(blocks.begin());
    if (munmap(node.mapped().block, node.key()) == 0) continue;
    // The system has no memory to split a mapping: the block stays for a tensor that fits.
    std::lock_guard lock(mutex_);
    unused_bytes_ += node.key();
    unused_.insert(std::move(node));
  }
}

}  // namespace googlenet::core
