#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

namespace googlenet::infer {

// Memory for kernels that starts at a cache line. Its contents are undefined.
class AlignedBytes {
 public:
  explicit AlignedBytes(int64_t size);
  // All zeros.
  static AlignedBytes zeros(int64_t size);

  std::byte* data() const { return data_.get(); }
  int64_t size() const { return size_; }

 private:
  struct Free {
    size_t mapped;  // 0 for memory of malloc
    void operator()(std::byte* bytes) const;
  };
  std::unique_ptr<std::byte, Free> data_;
  int64_t size_;
};

}  // namespace googlenet::infer
