#include "core/caching_allocator.h"

#include <c10/core/CPUAllocator.h>
#include <c10/util/Exception.h>
#include <sys/mman.h>

#include <cstdint>
#include <cstdlib>
#include <map>
#include <mutex>
#include <new>
#include <string>
#include <vector>

namespace googlenet {

namespace {

using Clock = std::chrono::steady_clock;

constexpr size_t kPage = 4096;
// Smaller tensors stay with malloc, which keeps memory of that size itself.
constexpr size_t kSmallestCached = size_t{64} << 10;

// In front of every tensor's bytes; as long as the alignment that libtorch promises.
struct alignas(64) Header {
  size_t capacity;  // of the whole block, header included
};

struct Unused {
  Header* block;
  Clock::time_point since;
};

constexpr size_t round_up(size_t bytes, size_t unit) {
  return (bytes + unit - 1) / unit * unit;
}

Header* header_of(void* data) {
  return static_cast<Header*>(data) - 1;
}

Header* make_block(void* memory, size_t capacity) {
  return new (memory) Header{capacity};
}

// Null where there is no memory. Ordinary pages: huge ones were no faster and cost seconds at the first
// touch.
Header* map_block(size_t capacity) {
  void* memory = mmap(nullptr, capacity, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return memory == MAP_FAILED ? nullptr : make_block(memory, capacity);
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

  void release(Clock::duration age) {
    std::vector<Header*> old;
    {
      std::lock_guard lock(mutex_);
      const auto now = Clock::now();
      for (auto entry = unused_.begin(); entry != unused_.end();) {
        if (now - entry->second.since < age) {
          ++entry;
          continue;
        }
        old.push_back(entry->second.block);
        entry = unused_.erase(entry);
      }
    }
    for (Header* block : old) munmap(block, block->capacity);
  }

 private:
  void* take(size_t bytes) {
    if (bytes > SIZE_MAX / 2) fail(bytes);
    const size_t needed = bytes + sizeof(Header);
    Header* block = needed < kSmallestCached ? allocate_small(needed) : find(round_up(needed, kPage));
    if (block == nullptr) fail(bytes);
    return block + 1;
  }

  static Header* allocate_small(size_t needed) {
    const size_t capacity = round_up(needed, alignof(Header));
    void* memory = std::aligned_alloc(alignof(Header), capacity);
    return memory == nullptr ? nullptr : make_block(memory, capacity);
  }

  // The smallest unused block that fits without wasting a fifth of it, or a new one.
  Header* find(size_t capacity) {
    {
      std::lock_guard lock(mutex_);
      const auto entry = unused_.lower_bound(capacity);
      if (entry != unused_.end() && entry->first <= capacity + capacity / 4) {
        Header* block = entry->second.block;
        unused_.erase(entry);
        return block;
      }
    }
    Header* block = map_block(capacity);
    if (block != nullptr) return block;
    release(Clock::duration::zero());
    return map_block(capacity);
  }

  // Must not throw: it runs in destructors.
  void keep(Header* block) {
    try {
      std::lock_guard lock(mutex_);
      unused_.emplace(block->capacity, Unused{block, Clock::now()});
    } catch (const std::exception&) {
      munmap(block, block->capacity);
    }
  }

  static void give_back(void* data);

  [[noreturn]] static void fail(size_t bytes) {
    C10_THROW_ERROR(OutOfMemoryError, "The host has no " + std::to_string(bytes) + " bytes left.");
  }

  std::mutex mutex_;
  std::multimap<size_t, Unused> unused_;
};

// Never destroyed: tensors may be freed until the very end of the process.
CachingAllocator& allocator() {
  static auto& allocator = *new CachingAllocator;
  return allocator;
}

void CachingAllocator::give_back(void* data) {
  if (data == nullptr) return;
  Header* block = header_of(data);
  if (block->capacity < kSmallestCached) {
    std::free(block);
    return;
  }
  allocator().keep(block);
}

}  // namespace

void install_caching_allocator() {
  c10::SetCPUAllocator(&allocator());
}

void release_unused_memory(std::chrono::steady_clock::duration age) {
  allocator().release(age);
}

}  // namespace googlenet
