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
std::atomic<int>& default_threads() {
  static std::atomic<int> threads{at::get_num_threads()};
  return threads;
}

std::atomic<bool> is_set{false};

// Held while threads are tried and started, so that two models do not compete for the last ones.
std::mutex& starting() {
  static std::mutex mutex;
  return mutex;
}
}  // namespace

void set_num_threads(int threads) {
  is_set = true;
  default_threads() = threads;
}

void limit_default_threads(int limit) {
  if (!is_set && num_threads() > limit) default_threads() = limit;
}

int num_threads() {
  return default_threads();
}

void begin_work(int threads) {
  open_cuda_library();
  thread_local int applied = 0;
  if (threads == kOneThread || threads == applied) return;
  // The first at::get_num_threads of a thread sets its number to the process's, so it comes first.
  (void)at::get_num_threads();
  // OpenMP keeps threads for each thread that calls it, and ends those beyond the number. libtorch has
  // another pool, one per process, and creates it again for each number.
  static int pool = 0;
  const std::lock_guard lock(starting());
  const int omp = threads > applied ? threads - 1 : 0;
  try_threads(omp + (threads != pool ? threads - 1 : 0));
  at::set_num_threads(threads);
  pool = threads;
  // OpenMP starts its threads now, while the system has them.
  if (omp > 0) parallel_for(threads, 1, [](int64_t, int64_t) {});
  applied = threads;
}

void parallel_for(int64_t count, int64_t grain, const std::function<void(int64_t begin, int64_t end)>& work) {
  // The only public loop compiled into libtorch itself is the one over the elements of a tensor. It gives the
  // addresses of bytes that are never read or written.
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
