#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Stream.h>

#include <atomic>
#include <functional>

// A device for tests, of libtorch's kind for other people's devices. It has several indices, streams, and
// memory that the host cannot touch, so that on a machine without a GPU a host's read of device memory ends
// the process, a copy that is used before it was waited for gives NaN, and work on the wrong device or stream
// is counted. What it computes, it computes with libtorch's operations on the CPU.
namespace device {

constexpr auto kType = c10::DeviceType::PrivateUse1;
constexpr c10::DeviceIndex kCount = 2;

struct Counters {
  std::atomic<int64_t> live_bytes{0};      // of tensors
  std::atomic<int64_t> cached_bytes{0};    // kept by the allocator for the next tensors
  std::atomic<int64_t> uploads{0};         // copies from the host …
  std::atomic<int64_t> pageable{0};        // … that the host waited for
  std::atomic<int64_t> downloads{0};       // copies to the host
  std::atomic<int64_t> wrong_device{0};    // work while another index was the current one
  std::atomic<int64_t> wrong_stream{0};    // work on memory of another stream
  std::atomic<int64_t> default_stream{0};  // work on the stream that all threads share
};
extern Counters counters;

// The next operation fails with this error of CUDA's numbering, where it is not 0.
extern std::atomic<int> fail_next;
// The next operation never ends.
extern std::atomic<bool> hang_next;
extern std::atomic<bool> hanging;

// Memory of tensors, which faults when it is touched outside of these.
class Unprotected {
 public:
  explicit Unprotected(const at::Tensor& tensor);
  ~Unprotected();
  Unprotected(const Unprotected&) = delete;
  Unprotected& operator=(const Unprotected&) = delete;

 private:
  const void* block_;
};

c10::Allocator* allocator();
c10::Allocator* pinned_allocator();
bool is_pinned(const void* data);
// The stream that was current when a tensor's memory was given out.
c10::StreamId stream_of(const at::Tensor& tensor);

// Of the calling thread.
c10::DeviceIndex current_device();
void set_current_device(c10::DeviceIndex index);
c10::Stream current_stream(c10::DeviceIndex index);
// What a stream does before anything that is asked of it later, and not earlier.
void enqueue(const c10::Stream& stream, std::function<void()> work);
void drain(const c10::Stream& stream);

}  // namespace device
