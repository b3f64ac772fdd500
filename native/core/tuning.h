#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace googlenet::core {

// The tuning constants of memory and threads. `npm run bench:eager` shows the effect of those of memory: it
// times forwards and training steps and compares them with PyTorch eager.

// The smallest number of elements that is worth another thread: at::internal::GRAIN_SIZE, so our loops are
// split where libtorch splits its own.
constexpr int64_t kGrainSize = 32768;

// Smaller tensors stay with malloc, which itself keeps freed memory of their size.
constexpr size_t kMinMappedBytes = size_t{64} << 10;

// A tensor takes a kept block that is at most this many times as large as needed. With a smaller factor, a
// forward of 32 images finds too few blocks; with a larger one, memory is wasted.
constexpr size_t kMaxBlockOversize = 2;

// Used and kept blocks together are at most this many times the recent peak of use, …
constexpr size_t kMaxBytesPerPeak = 2;
// … which is the highest use since the start of the previous interval of this length.
constexpr std::chrono::seconds kPeakInterval{10};

// Memory that no tensor has used for this long goes back to the system. Longer than the pause between two
// training steps, or between two requests of a busy service.
constexpr std::chrono::seconds kKeepUnusedMemory{10};

// malloc_trim stops every thread that allocates meanwhile, so it runs at most this often.
constexpr std::chrono::seconds kTrimInterval{10};

// Added to the nice value of threads with lower priority: halves their weight against another thread on the
// same core. A larger value did not reduce the delays of an event loop on that core any further.
constexpr int kNice = 3;

// How long to wait for a joined thread to disappear from the limits of the system.
constexpr std::chrono::seconds kThreadExitTimeout{1};

}  // namespace googlenet::core
