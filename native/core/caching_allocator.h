#pragma once

#include <chrono>

namespace googlenet::core {

// Makes libtorch keep the CPU memory of freed tensors for the next ones. It allocates every activation anew,
// and from glibc that is an mmap, a page fault for every page and an munmap (`npm run bench` shows what it
// is worth). At most as much is kept as was lately in use.
void install_caching_allocator();

// Memory is kept while one of these exists. With the last one all of it goes back to the system.
class KeepFreedMemory {
 public:
  KeepFreedMemory();
  ~KeepFreedMemory();
  KeepFreedMemory(const KeepFreedMemory&) = delete;
  KeepFreedMemory& operator=(const KeepFreedMemory&) = delete;
};

// Gives memory back to the system that no tensor has used for so long.
void release_unused_memory(std::chrono::steady_clock::duration age) noexcept;

// Gives back what glibc keeps of freed tensors too small for the above, in arenas that other threads may
// never use. It stops every thread that allocates meanwhile, so it does nothing within ten seconds of the
// last time.
void trim_malloc() noexcept;

}  // namespace googlenet::core
