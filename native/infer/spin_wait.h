#pragma once

#include <atomic>
#include <chrono>
#include <thread>

#include "kernels/tuning.h"

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

// Ways to wait, awake, until `value` differs from `old`; false if it still does not.

// For about as long as it takes to sleep and be woken.
template <typename T>
bool spin_until_changed(const std::atomic<T>& value, T old) {
  using Clock = std::chrono::steady_clock;
  const auto end = Clock::now() + tuning::kSpin;
  do {
    for (int i = 0; i < tuning::kPausesPerClock; ++i) {
      if (value.load(std::memory_order_acquire) != old) return true;
      pause_briefly();
    }
  } while (Clock::now() < end);
  return false;
}

// Lets every other thread that wants the core have it.
template <typename T>
bool yield_until_changed(const std::atomic<T>& value, T old, int yields) {
  for (int i = 0; i < yields; ++i) {
    if (value.load(std::memory_order_acquire) != old) return true;
    std::this_thread::yield();
  }
  return false;
}

}  // namespace googlenet::infer
