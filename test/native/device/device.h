#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Stream.h>

#include <atomic>
#include <functional>

// A device for tests, of libtorch's type PrivateUse1. It has several indices, streams, and memory that the
// host cannot access. So, on a machine without a GPU, reading device memory on the host ends the process,
// using a copy before waiting for it gives NaN, and work on the wrong device or stream is counted. It
// computes with libtorch's operations on the CPU.
namespace device {

constexpr auto kType = c10::DeviceType::PrivateUse1;
constexpr c10::DeviceIndex kCount = 2;

struct Counters {
  std::atomic<int64_t> live_bytes{0};      // of tensors
  std::atomic<int64_t> cached_bytes{0};    // kept by the allocator for later tensors
  std::atomic<int64_t> uploads{0};         // copies from the host
  std::atomic<int64_t> pageable{0};        // those of them that the host waited for
  std::atomic<int64_t> downloads{0};       // copies to the host
  std::atomic<int64_t> wrong_device{0};    // work while another index was current
  std::atomic<int64_t> wrong_stream{0};    // work on memory of another stream
  std::atomic<int64_t> default_stream{0};  // work on the stream shared by all threads
};
extern Counters counters;

// Unless 0, the next operation fails with this CUDA error code.
extern std::atomic<int> fail_next;
// The next operation never ends.
extern std::atomic<bool> hang_next;
extern std::atomic<bool> hanging;

// Allows access to the memory of a tensor while this exists; any other access faults.
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
// The stream that was current when a tensor's memory was allocated.
c10::StreamId stream_of(const at::Tensor& tensor);

// Of the calling thread.
c10::DeviceIndex current_device();
void set_current_device(c10::DeviceIndex index);
c10::Stream current_stream(c10::DeviceIndex index);
// Delays work until the stream is drained, as a device that lags behind.
void enqueue(const c10::Stream& stream, std::function<void()> work);
void drain(const c10::Stream& stream);

}  // namespace device
