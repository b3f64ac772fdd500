#pragma once

#include <chrono>

namespace googlenet::core {

// Makes libtorch keep the CPU memory of freed tensors for the next ones. libtorch allocates every activation
// again, and with glibc each of them costs an mmap, a page fault for every page and an munmap
// (`npm run bench:eager` shows the difference). tuning.h limits how much is kept.
void install_caching_allocator();

// Freed memory is kept while one of these exists. When the last one ends, all of it goes back to the system.
class KeepFreedMemory {
 public:
  KeepFreedMemory();
  ~KeepFreedMemory();
  KeepFreedMemory(const KeepFreedMemory&) = delete;
  KeepFreedMemory& operator=(const KeepFreedMemory&) = delete;
};

// Returns memory to the system that no tensor has used for `age`.
void release_unused_memory(std::chrono::steady_clock::duration age) noexcept;

// Returns what glibc keeps of freed small tensors, in arenas that other threads may never use. Does nothing
// within kTrimInterval of the last time.
void trim_malloc() noexcept;

}  // namespace googlenet::core
