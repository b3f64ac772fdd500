// A queue runs jobs in order, and stops, also when a job asks for another thread.
#include <atomic>
#include <future>
#include <thread>
#include <vector>

#include "core/serial_queue.h"
#include "core/thread_trial.h"
#include "tests.h"

namespace googlenet::core {

namespace {

void test_change_thread() {
  std::vector<std::thread::id> threads;  // of each job
  std::promise<void> last;
  SerialQueue queue;
  for (int job = 0; job < 6; ++job) {
    queue.push([&threads, job] {
      require(threads.size() == static_cast<size_t>(job), "jobs run in the order in which they were pushed");
      threads.push_back(std::this_thread::get_id());
      if (job == 1 || job == 2) change_thread();
    });
  }
  queue.push([&last] { last.set_value(); });
  last.get_future().wait();
  require(threads[0] == threads[1], "a queue keeps its thread");
  require(threads[1] != threads[2] && threads[2] != threads[3],
          "a job that asks for another thread is the last on its own");
  require(threads[3] == threads[4] && threads[4] == threads[5], "the new thread stays");
}

// Stops at various moments of the change.
void test_stop() {
  for (int i = 0; i < 200; ++i) {
    std::promise<void> begun;
    SerialQueue queue;
    queue.push([&begun] {
      begun.set_value();
      change_thread();
    });
    queue.push([] {});
    begun.get_future().wait();
    queue.stop();
    require(!queue.push([] {}), "a queue that was stopped takes no jobs");
  }
}

}  // namespace

void test_queue() {
  test_change_thread();
  test_stop();
  try_threads(0);
  try_threads(8);
}

}  // namespace googlenet::core
