#include "core/caching_allocator.h"

#include <c10/core/CPUAllocator.h>
#include <c10/util/Exception.h>

#ifdef __GLIBC__
#include <malloc.h>
#endif

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <string>

#include "core/block_cache.h"
#include "core/tuning.h"

namespace googlenet::core {

namespace {

Block* malloc_block(size_t capacity) {
  void* memory = std::aligned_alloc(alignof(Block), capacity);
  return memory == nullptr ? nullptr : new (memory) Block{capacity, false};
}

// Never destroyed: tensors may be freed until the very end of the process.
BlockCache& cache() {
  static auto& cache = *new BlockCache;
  return cache;
}

// Memory from malloc for small tensors, and from the cache for others.
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

 private:
  static void* take(size_t bytes) {
    if (bytes > SIZE_MAX / 2) fail(bytes);
    const size_t needed = bytes + sizeof(Block);
    Block* block = needed < kMinMappedBytes ? take_small(needed) : cache().take(needed);
    if (block == nullptr) fail(bytes);
    return block + 1;
  }

  static Block* take_small(size_t bytes) {
    const size_t capacity = round_up(bytes, alignof(Block));
    Block* block = malloc_block(capacity);
    if (block != nullptr) return block;
    cache().release(BlockCache::Clock::duration::zero());
    return malloc_block(capacity);
  }

  static void give_back(void* data) {
    if (data == nullptr) return;
    Block* block = static_cast<Block*>(data) - 1;
    if (block->is_mapped) {
      cache().give_back(block);
    } else {
      std::free(block);
    }
  }

  [[noreturn]] static void fail(size_t bytes) {
    C10_THROW_ERROR(OutOfMemoryError, "The host has no " + std::to_string(bytes) + " bytes left.");
  }
};

}  // namespace

void install_caching_allocator() {
  static auto& allocator = *new CachingAllocator;  // never destroyed, as its cache
  c10::SetCPUAllocator(&allocator);
}

KeepFreedMemory::KeepFreedMemory() {
  cache().add_keeper();
}

KeepFreedMemory::~KeepFreedMemory() {
  cache().remove_keeper();
}

void release_unused_memory(std::chrono::steady_clock::duration age) noexcept {
  cache().release(age);
}

void trim_malloc() noexcept {
#ifdef __GLIBC__
  using Clock = std::chrono::steady_clock;
  constexpr Clock::duration kInterval = kTrimInterval;
  static std::atomic<Clock::rep> next{0};
  const Clock::rep now = Clock::now().time_since_epoch().count();
  Clock::rep due = next.load();
  if (now >= due && next.compare_exchange_strong(due, now + kInterval.count())) malloc_trim(0);
#endif
}

}  // namespace googlenet::core
