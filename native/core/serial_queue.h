#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>

#include "core/timed_thread.h"

namespace googlenet::core {

// One worker thread that runs jobs in the order they were pushed. The thread starts with the first job, and
// another one takes its place where change_thread() asks for that. It has the priority of other threads: with
// a lower one, libtorch's threads got so little of a core beside another program that those on the other
// cores, which wait for them after each operation, stood still too.
class SerialQueue {
 public:
  using Job = std::function<void()>;

  SerialQueue() = default;
  SerialQueue(const SerialQueue&) = delete;
  SerialQueue& operator=(const SerialQueue&) = delete;
  ~SerialQueue() { stop(); }

  // Returns false after request_stop(). A job must not throw and must not destroy the queue it runs on. By an
  // id other than 0 it can be removed.
  bool push(Job job, void* owner = nullptr, int64_t id = 0);

  // Takes a job that has not started out of the queue, and gives its owner; null where none has that id.
  void* remove(int64_t id);

  // Drops jobs that have not started and asks the running one to end early (see check_cancelled).
  void request_stop();

  // After request_stop(): waits for the running job. False where it has not ended by then.
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
  // False where the running thread is to go on.
  bool hand_over();

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Entry> jobs_;
  std::atomic<bool> stopping_{false};
  TimedThread thread_;
};

// Called by a job: those that follow run on a fresh thread, if there is one to be had.
void change_thread();

// Called between the modules of a forward pass, and by each max-pooling of a backward pass: ends the running
// job with an Error when its queue is being stopped, so that leaving the process waits for a module and not
// for a whole batch. On a GPU a backward pass is waited for: it runs on a thread of libtorch's.
void check_cancelled();

}  // namespace googlenet::core
