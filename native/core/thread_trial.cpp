#include "core/thread_trial.h"

#include <chrono>
#include <future>
#include <thread>
#include <vector>

#include "core/tuning.h"

#ifdef __linux__
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#endif

namespace googlenet::core {

namespace {

#ifdef __linux__
using ThreadId = long;

ThreadId current_id() {
  return syscall(SYS_gettid);
}

// Limits of the system count a thread for a moment after it was joined.
bool is_counted(ThreadId id) {
  return syscall(SYS_tgkill, getpid(), id, 0) == 0;
}
#else
using ThreadId = int;

ThreadId current_id() {
  return 0;
}

bool is_counted(ThreadId) {
  return false;
}
#endif

void wait_until_gone(ThreadId id) {
  const auto end = std::chrono::steady_clock::now() + kThreadExitTimeout;
  while (is_counted(id) && std::chrono::steady_clock::now() < end) std::this_thread::yield();
}

}  // namespace

void try_threads(int count) {
  std::promise<void> all_started;
  const std::shared_future<void> wait_for_all = all_started.get_future();
  std::vector<ThreadId> ids(static_cast<size_t>(count));
  std::vector<std::thread> threads;
  threads.reserve(ids.size());
  std::exception_ptr failure;
  try {
    for (ThreadId& id : ids) {
      threads.emplace_back([&id, wait_for_all] {
        id = current_id();
        wait_for_all.wait();
      });
    }
  } catch (...) {
    failure = std::current_exception();
  }
  all_started.set_value();
  for (std::thread& thread : threads) thread.join();
  for (size_t i = 0; i < threads.size(); ++i) wait_until_gone(ids[i]);
  if (failure) std::rethrow_exception(failure);
}

}  // namespace googlenet::core
