#include "infer/aligned_bytes.h"

#ifdef __linux__
#include <sys/mman.h>
#endif

#include <algorithm>
#include <cstdlib>
#include <new>

#include "kernels/tuning.h"

namespace googlenet::infer {

namespace {

constexpr size_t kCacheLine = 64;

}  // namespace

AlignedBytes::AlignedBytes(int64_t size) : data_(nullptr, Free{0}), size_(size) {
  const size_t bytes = (static_cast<size_t>(size) / kCacheLine + 1) * kCacheLine;  // never zero
  // AddressSanitizer watches the ends of malloc's blocks only.
#if defined(__linux__) && !defined(__SANITIZE_ADDRESS__)
  if (bytes >= tuning::kMinMappedBytes) {
    void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw std::bad_alloc();
    data_ = {static_cast<std::byte*>(memory), Free{bytes}};
    return;
  }
#endif
  data_.reset(static_cast<std::byte*>(std::aligned_alloc(kCacheLine, bytes)));
  if (!data_) throw std::bad_alloc();
}

AlignedBytes AlignedBytes::zeros(int64_t size) {
  AlignedBytes memory(size);
  std::fill_n(memory.data(), size, std::byte{0});
  return memory;
}

void AlignedBytes::Free::operator()(std::byte* bytes) const {
#ifdef __linux__
  if (mapped > 0) {
    munmap(bytes, mapped);
    return;
  }
#endif
  std::free(bytes);
}

}  // namespace googlenet::infer
