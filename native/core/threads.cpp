#include "core/threads.h"

#include <ATen/Parallel.h>
#include <ATen/TensorIterator.h>
#include <ATen/ops/empty.h>

#include <atomic>
#include <mutex>

#include "core/device.h"
#include "core/thread_trial.h"

namespace googlenet::core {

namespace {
std::atomic<int>& wanted() {
  static std::atomic<int> threads{at::get_num_threads()};
  return threads;
}

std::atomic<bool> is_set{false};

// Held while threads are tried and started, so that no two models want the same last ones.
std::mutex& starting() {
  static std::mutex mutex;
  return mutex;
}
}  // namespace

void set_num_threads(int threads) {
  is_set = true;
  wanted() = threads;
}

void limit_default_threads(int most) {
  if (!is_set && num_threads() > most) wanted() = most;
}

int num_threads() {
  return wanted();
}

void begin_work(int threads) {
  open_cuda_library();
  thread_local int applied = 0;
  if (threads == kOneThread || threads == applied) return;
  // A thread that asks for the first time takes the process's number, over whatever was set before.
  (void)at::get_num_threads();
  // OpenMP keeps threads for each thread that it works for, and ends those that are too many; one more pool
  // of libtorch's is the process's and is made anew for each number.
  static int pool = 0;
  const std::lock_guard lock(starting());
  const int omp = threads > applied ? threads - 1 : 0;
  try_threads(omp + (threads != pool ? threads - 1 : 0));
  at::set_num_threads(threads);
  pool = threads;
  // Now, when there is room for them.
  if (omp > 0) parallel_for(threads, 1, [](int64_t, int64_t) {});
  applied = threads;
}

void parallel_for(int64_t count, int64_t grain, const std::function<void(int64_t begin, int64_t end)>& work) {
  // The public loop that libtorch compiled itself is the one over a tensor's elements. Here they are never
  // read or written: their addresses count.
  at::Tensor elements = at::empty({count}, at::kByte);
  const auto* first = static_cast<const char*>(elements.const_data_ptr());
  at::TensorIterator loop = at::TensorIterator::nullary_op(elements);
  loop.for_each(
      [&](char** data, const int64_t*, int64_t size, int64_t rows) {
        const int64_t begin = data[0] - first;
        work(begin, begin + size * rows);
      },
      grain);
}

}  // namespace googlenet::core
