#pragma once

#include <atomic>
#include <chrono>
#include <thread>

#ifdef __x86_64__
#include <immintrin.h>
#endif

namespace googlenet {

inline void pause_briefly() {
#ifdef __x86_64__
  _mm_pause();
#else
  std::this_thread::yield();
#endif
}

// Until `value` is other than `old`: awake for about as long as it takes to sleep and be woken, then asleep.
template <typename T>
void wait_while(const std::atomic<T>& value, T old) {
  using Clock = std::chrono::steady_clock;
  constexpr auto kAwake = std::chrono::microseconds(40);
  constexpr int kSpins = 16;  // between two looks at the clock: a pause is of 25 to 50 ns, by the processor
  const auto end = Clock::now() + kAwake;
  do {
    for (int i = 0; i < kSpins; ++i) {
      if (value.load(std::memory_order_acquire) != old) return;
      pause_briefly();
    }
  } while (Clock::now() < end);
  value.wait(old, std::memory_order_acquire);
}

// For work to come, between two pictures: a further tenth of a millisecond awake, but letting every other
// thread that wants the core have it. Who calls again as soon as it has its answer is then not waited for by
// a thread that must be woken first.
template <typename T>
void wait_for_more(const std::atomic<T>& value, T old) {
  constexpr int kYields = 300;
  for (int i = 0; i < kYields; ++i) {
    if (value.load(std::memory_order_acquire) != old) return;
    std::this_thread::yield();
  }
  wait_while(value, old);
}

}  // namespace googlenet
