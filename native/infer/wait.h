#pragma once

#include <atomic>
#include <chrono>
#include <thread>

#ifdef __x86_64__
#include <immintrin.h>
#endif

namespace googlenet::infer {

inline void pause_briefly() {
#ifdef __x86_64__
  _mm_pause();
#else
  std::this_thread::yield();
#endif
}

// Ways to wait until `value` is other than `old`; false where it still is not. Awake for about as long as it
// takes to sleep and be woken:
template <typename T>
bool changes_soon(const std::atomic<T>& value, T old) {
  using Clock = std::chrono::steady_clock;
  constexpr auto kAwake = std::chrono::microseconds(40);
  constexpr int kSpins = 16;  // between two looks at the clock: a pause is of 25 to 50 ns, by the processor
  const auto end = Clock::now() + kAwake;
  do {
    for (int i = 0; i < kSpins; ++i) {
      if (value.load(std::memory_order_acquire) != old) return true;
      pause_briefly();
    }
  } while (Clock::now() < end);
  return false;
}

// Awake, but letting every other thread that wants the core have it. Three of these are a microsecond.
constexpr int kTenthOfMillisecond = 300;
constexpr int kSomeMilliseconds = 10000;

template <typename T>
bool changes_meanwhile(const std::atomic<T>& value, T old, int yields) {
  for (int i = 0; i < yields; ++i) {
    if (value.load(std::memory_order_acquire) != old) return true;
    std::this_thread::yield();
  }
  return false;
}

}  // namespace googlenet::infer
