#include "core/caching_allocator.h"

#include <c10/core/CPUAllocator.h>
#include <c10/util/Exception.h>
#include <sys/mman.h>

#ifdef __GLIBC__
#include <malloc.h>
#endif

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <mutex>
#include <new>
#include <string>

namespace googlenet::core {

namespace {

using Clock = std::chrono::steady_clock;

constexpr size_t kPage = 4096;
// Smaller tensors stay with malloc, which keeps memory of that size itself.
constexpr size_t kSmallestMapped = size_t{64} << 10;
// How long a peak of use counts for what may be kept.
constexpr std::chrono::seconds kPeakWindow{10};

// In front of every tensor's bytes; as long as the alignment that libtorch promises.
struct alignas(64) Header {
  size_t capacity;  // of the whole block, header included
  bool is_mapped;
};

struct Unused {
  Header* block;
  Clock::time_point since;
};

// By capacity.
using UnusedBlocks = std::multimap<size_t, Unused>;

constexpr size_t round_up(size_t bytes, size_t unit) {
  return (bytes + unit - 1) / unit * unit;
}

// Null where there is no memory. Ordinary pages: huge ones were no faster and cost seconds at the first
// touch.
Header* map_block(size_t capacity) {
  void* memory = mmap(nullptr, capacity, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return memory == MAP_FAILED ? nullptr : new (memory) Header{capacity, true};
}

Header* malloc_block(size_t capacity) {
  void* memory = std::aligned_alloc(alignof(Header), capacity);
  return memory == nullptr ? nullptr : new (memory) Header{capacity, false};
}

class CachingAllocator final : public c10::Allocator {
 public:
  c10::DataPtr allocate(size_t bytes) override {
    void* data = bytes == 0 ? nullptr : take(bytes);
    return {data, data, &give_back, c10::Device(c10::kCPU)};
  }

  c10::DeleterFnPtr raw_deleter() const override { return &give_back; }

  void copy_data(void* target, const void* source, size_t bytes) const override {
    default_copy_data(target, source, bytes);
  }

  void release(Clock::duration age) noexcept {
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

  void add_keeper() {
    std::lock_guard lock(mutex_);
    ++keepers_;
  }

  void remove_keeper() noexcept {
    {
      std::lock_guard lock(mutex_);
      if (--keepers_ > 0) return;
      // What was in use before the pause says nothing about what comes after it.
      peak_ = last_peak_ = used_bytes_;
    }
    release(Clock::duration::zero());
  }

 private:
  void* take(size_t bytes) {
    if (bytes > SIZE_MAX / 2) fail(bytes);
    const size_t needed = bytes + sizeof(Header);
    Header* block = needed < kSmallestMapped ? take_small(round_up(needed, alignof(Header)))
                                             : take_mapped(round_up(needed, kPage));
    if (block == nullptr) fail(bytes);
    return block + 1;
  }

  Header* take_small(size_t capacity) {
    Header* block = malloc_block(capacity);
    if (block != nullptr) return block;
    release(Clock::duration::zero());
    return malloc_block(capacity);
  }

  // An unused block, or a new one.
  Header* take_mapped(size_t capacity) {
    UnusedBlocks surplus;
    {
      std::lock_guard lock(mutex_);
      if (Header* block = find(capacity)) return block;
      count_use(capacity);
      make_room(surplus);
    }
    unmap(surplus);
    Header* block = map_block(capacity);
    if (block != nullptr) return block;
    release(Clock::duration::zero());
    block = map_block(capacity);
    if (block != nullptr) return block;
    std::lock_guard lock(mutex_);
    used_bytes_ -= capacity;
    return nullptr;
  }

  // The smallest unused block that fits, if it is at most twice as large: with less a forward of 32 pictures
  // finds too few, with more memory is wasted.
  Header* find(size_t capacity) {
    const auto entry = unused_.lower_bound(capacity);
    if (entry == unused_.end() || entry->first > 2 * capacity) return nullptr;
    Header* block = entry->second.block;
    unused_.erase(entry);
    unused_bytes_ -= block->capacity;
    count_use(block->capacity);
    return block;
  }

  void count_use(size_t capacity) {
    used_bytes_ += capacity;
    peak_ = std::max(peak_, used_bytes_);
  }

  // Takes the oldest unused blocks out where they and what is in use are more than twice what was lately in
  // use.
  void make_room(UnusedBlocks& surplus) {
    const auto now = Clock::now();
    if (now - window_start_ > kPeakWindow) {
      window_start_ = now;
      last_peak_ = std::exchange(peak_, used_bytes_);
    }
    const size_t peak = std::max(peak_, last_peak_);
    const auto older = [](const auto& a, const auto& b) { return a.second.since < b.second.since; };
    while (!unused_.empty() && used_bytes_ + unused_bytes_ > 2 * peak)
      move(std::min_element(unused_.begin(), unused_.end(), older), surplus);
  }

  // Without allocating, so that memory can be given back when there is none left.
  void move(UnusedBlocks::iterator entry, UnusedBlocks& target) {
    unused_bytes_ -= entry->first;
    target.insert(unused_.extract(entry));
  }

  void unmap(UnusedBlocks& blocks) noexcept {
    while (!blocks.empty()) {
      auto node = blocks.extract(blocks.begin());
      if (munmap(node.mapped().block, node.key()) == 0) continue;
      // The system has no room to split a mapping: kept for a tensor that fits.
      std::lock_guard lock(mutex_);
      unused_bytes_ += node.key();
      unused_.insert(std::move(node));
    }
  }

  void keep(Header* block) noexcept {
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
      // Not even room for the entry: given back below.
    }
    munmap(block, capacity);
  }

  static void give_back(void* data);

  [[noreturn]] static void fail(size_t bytes) {
    C10_THROW_ERROR(OutOfMemoryError, "The host has no " + std::to_string(bytes) + " bytes left.");
  }

  std::mutex mutex_;
  UnusedBlocks unused_;
  size_t unused_bytes_ = 0;
  size_t used_bytes_ = 0;
  size_t peak_ = 0;       // of used_bytes_, since window_start_
  size_t last_peak_ = 0;  // and in the window before
  Clock::time_point window_start_ = Clock::now();
  size_t keepers_ = 0;
};

// Never destroyed: tensors may be freed until the very end of the process.
CachingAllocator& allocator() {
  static auto& allocator = *new CachingAllocator;
  return allocator;
}

void CachingAllocator::give_back(void* data) {
  if (data == nullptr) return;
  Header* block = static_cast<Header*>(data) - 1;
  if (block->is_mapped) {
    allocator().keep(block);
  } else {
    std::free(block);
  }
}

}  // namespace

void install_caching_allocator() {
  c10::SetCPUAllocator(&allocator());
}

KeepFreedMemory::KeepFreedMemory() {
  allocator().add_keeper();
}

KeepFreedMemory::~KeepFreedMemory() {
  allocator().remove_keeper();
}

void release_unused_memory(std::chrono::steady_clock::duration age) noexcept {
  allocator().release(age);
}

void trim_malloc() noexcept {
#ifdef __GLIBC__
  constexpr Clock::duration kPause = std::chrono::seconds(10);
  static std::atomic<Clock::rep> next{0};
  const Clock::rep now = Clock::now().time_since_epoch().count();
  Clock::rep due = next.load();
  if (now >= due && next.compare_exchange_strong(due, now + kPause.count())) malloc_trim(0);
#endif
}

}  // namespace googlenet::core
