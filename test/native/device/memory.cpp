#include <c10/core/CachingDeviceAllocator.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>

#include "device.h"

namespace device {

Counters counters;
std::atomic<int> fail_next{0};
std::atomic<bool> hang_next{false};
std::atomic<bool> hanging{false};

namespace {

struct Block {
  size_t size;
  c10::DeviceIndex index;
  c10::StreamId stream;
  int open = 0;
  bool cached = false;
};

std::mutex mutex;
std::map<const void*, Block> blocks;
std::map<const void*, size_t> pinned;

void protect(const void* data, size_t size, int protection) {
  TORCH_CHECK(mprotect(const_cast<void*>(data), size, protection) == 0, "mprotect failed");
}

// Fills fresh memory with NaN.
void fill_with_nan(const void* data, size_t size) {
  protect(data, size, PROT_READ | PROT_WRITE);
  std::memset(const_cast<void*>(data), 0xff, size);
  protect(data, size, PROT_NONE);
}

void* take(size_t size) {
  const c10::DeviceIndex index = current_device();
  const c10::StreamId stream = current_stream(index).id();
  const std::lock_guard lock(mutex);
  for (auto& [data, block] : blocks) {
    if (!block.cached || block.size != size || block.index != index || block.stream != stream) continue;
    block.cached = false;
    counters.cached_bytes -= static_cast<int64_t>(size);
    fill_with_nan(data, size);
    return const_cast<void*>(data);
  }
  void* data = mmap(nullptr, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  TORCH_CHECK(data != MAP_FAILED, "the device is out of memory");
  fill_with_nan(data, size);
  blocks[data] = Block{size, index, stream};
  return data;
}

void give_back(void* data) {
  if (data == nullptr) return;
  const std::lock_guard lock(mutex);
  Block& block = blocks.at(data);
  block.cached = true;
  counters.live_bytes -= static_cast<int64_t>(block.size);
  counters.cached_bytes += static_cast<int64_t>(block.size);
}

struct Allocator final : c10::DeviceAllocator {
  c10::DataPtr allocate(size_t bytes) override {
    const c10::Device device(kType, current_device());
    if (bytes == 0) return {nullptr, device};
    const auto page = static_cast<size_t>(getpagesize());
    const size_t size = (bytes + page - 1) / page * page;
    void* data = take(size);
    counters.live_bytes += static_cast<int64_t>(size);
    return {data, data, &give_back, device};
  }
  c10::DeleterFnPtr raw_deleter() const override { return &give_back; }
  void copy_data(void*, const void*, size_t) const override {
    TORCH_CHECK(false, "storages of this device are not copied");
  }
  bool initialized() override { return true; }
  void emptyCache(c10::MempoolId_t) override {
    const std::lock_guard lock(mutex);
    for (auto one = blocks.begin(); one != blocks.end();) {
      if (!one->second.cached) {
        ++one;
        continue;
      }
      munmap(const_cast<void*>(one->first), one->second.size);
      counters.cached_bytes -= static_cast<int64_t>(one->second.size);
      one = blocks.erase(one);
    }
  }
  void recordStream(const c10::DataPtr&, c10::Stream) override {}
  c10::CachingDeviceAllocator::DeviceStats getDeviceStats(c10::DeviceIndex) override { return {}; }
  void resetAccumulatedStats(c10::DeviceIndex) override {}
  void resetPeakStats(c10::DeviceIndex) override {}
};

void unpin(void* data) {
  {
    const std::lock_guard lock(mutex);
    pinned.erase(data);
  }
  std::free(data);
}

struct PinnedAllocator final : c10::Allocator {
  c10::DataPtr allocate(size_t bytes) override {
    void* data = std::aligned_alloc(64, (bytes + 64) / 64 * 64);
    TORCH_CHECK(data != nullptr, "the host is out of memory");
    const std::lock_guard lock(mutex);
    pinned[data] = bytes;
    return {data, data, &unpin, c10::Device(c10::kCPU)};
  }
  c10::DeleterFnPtr raw_deleter() const override { return &unpin; }
  void copy_data(void* to, const void* from, size_t bytes) const override { std::memcpy(to, from, bytes); }
};

const void* start_of(const at::Tensor& tensor) {
  return tensor.storage().data();
}

}  // namespace

c10::Allocator* allocator() {
  static Allocator one;
  return &one;
}

c10::Allocator* pinned_allocator() {
  static PinnedAllocator one;
  return &one;
}

bool is_pinned(const void* data) {
  const std::lock_guard lock(mutex);
  auto after = pinned.upper_bound(data);
  if (after == pinned.begin()) return false;
  const auto& [begin, size] = *--after;
  return static_cast<const char*>(data) < static_cast<const char*>(begin) + size;
}

c10::StreamId stream_of(const at::Tensor& tensor) {
  const std::lock_guard lock(mutex);
  const auto found = blocks.find(start_of(tensor));
  return found == blocks.end() ? -1 : found->second.stream;
}

Unprotected::Unprotected(const at::Tensor& tensor) : block_(start_of(tensor)) {
  if (block_ == nullptr) return;
  const std::lock_guard lock(mutex);
  Block& block = blocks.at(block_);
  if (block.open++ == 0) protect(block_, block.size, PROT_READ | PROT_WRITE);
}

Unprotected::~Unprotected() {
  if (block_ == nullptr) return;
  const std::lock_guard lock(mutex);
  Block& block = blocks.at(block_);
  if (--block.open == 0) protect(block_, block.size, PROT_NONE);
}

}  // namespace device
