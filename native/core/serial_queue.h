#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>

#include "core/timed_thread.h"

namespace googlenet::core {

// One worker thread that runs jobs in the order they were pushed. The thread starts with the first job;
// change_thread() replaces it. It has normal priority: with a lower one and another busy program, libtorch's
// threads got so little of their core that those on the other cores, which wait for them after each
// operation, stood still too.
class SerialQueue {
 public:
  using Job = std::function<void()>;

  SerialQueue() = default;
  SerialQueue(const SerialQueue&) = delete;
  SerialQueue& operator=(const SerialQueue&) = delete;
  ~SerialQueue() { stop(); }

  // Returns false after request_stop(). A job must not throw and must not destroy its queue. `owner` is what
  // remove() returns for the job; `id`, unless it is 0, is for remove().
  bool push(Job job, void* owner = nullptr, int64_t id = 0);

  // Removes a job that has not started and returns its owner; null if there is none with this id.
  void* remove(int64_t id);

  // Drops jobs that have not started and asks the running one to end early (see check_cancelled).
  void request_stop();

  // After request_stop(): waits for the running job. False if it has not ended by the deadline.
  bool join_until(Deadline deadline) { return thread_.join_until(deadline); }

  void stop() {
    request_stop();
    thread_.join();
  }

 private:
  struct Entry {
    Job job;
    void* owner;
    int64_t id;
  };

  void run();
  // Starts the thread that replaces this one. False if this one has to go on.
  bool replace_thread();

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Entry> jobs_;
  std::atomic<bool> stopping_{false};
  TimedThread thread_;
};

// Called by a job: the jobs after it run on a new thread, if the system has one.
void change_thread();

// Throws ABORTED in a job whose queue is being stopped. Forward passes call it between modules, and backward
// passes in each max-pooling, so the end of the process waits for one module and not for a whole batch. On a
// GPU it waits for the backward pass, which runs on a thread of libtorch.
void check_cancelled();

}  // namespace googlenet::core
