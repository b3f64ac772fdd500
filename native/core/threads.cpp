#include "core/threads.h"

#include <ATen/Parallel.h>

#include <atomic>

namespace googlenet {

namespace {
std::atomic<int>& wanted() {
  static std::atomic<int> threads{at::get_num_threads()};
  return threads;
}
}  // namespace

void set_num_threads(int threads) {
  wanted() = threads;
}

int num_threads() {
  return wanted();
}

void apply_num_threads(int threads) {
  thread_local int applied = 0;
  if (threads == applied) return;
  // A thread that asks for the first time takes the process's number, over whatever was set before.
  (void)at::get_num_threads();
  at::set_num_threads(threads);
  applied = threads;
}

}  // namespace googlenet
