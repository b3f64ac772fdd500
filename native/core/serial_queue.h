#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace googlenet {

// One worker thread that runs jobs in the order they were pushed. The thread starts with the first job. It
// has the priority of other threads: with a lower one, libtorch's threads got so little of a core beside
// another program that those on the other cores, which wait for them after each operation, stood still too.
class SerialQueue {
 public:
  using Job = std::function<void()>;

  SerialQueue() = default;
  SerialQueue(const SerialQueue&) = delete;
  SerialQueue& operator=(const SerialQueue&) = delete;
  ~SerialQueue() { stop(); }

  // Returns false after stop(). A job must not throw and must not destroy the queue it runs on.
  bool push(Job job);

  // Drops jobs that have not started, asks the running one to end early (see check_cancelled) and waits for
  // it.
  void stop();

 private:
  void run();

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Job> jobs_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

// Called between the modules of a forward pass, and by each max-pooling of a backward pass: ends the running
// job with an Error when its queue is being stopped, so that leaving the process waits for a module and not
// for a whole batch. On a GPU a backward pass is waited for: it runs on a thread of libtorch's.
void check_cancelled();

}  // namespace googlenet
