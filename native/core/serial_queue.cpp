#include "core/serial_queue.h"

#include "core/error.h"

namespace googlenet {

namespace {
thread_local const std::atomic<bool>* cancelled = nullptr;
}

void check_cancelled() {
  if (cancelled != nullptr && *cancelled) throw Error("ABORTED", "The environment is shutting down.");
}

bool SerialQueue::push(Job job) {
  std::lock_guard lock(mutex_);
  if (stopping_) return false;
  // The thread first: if there is none to be had, the caller learns that nothing was queued.
  if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
  jobs_.push_back(std::move(job));
  wake_.notify_one();
  return true;
}

void SerialQueue::stop() {
  std::deque<Job> dropped;
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    dropped.swap(jobs_);
    wake_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
}

void SerialQueue::run() {
  cancelled = &stopping_;
  for (;;) {
    Job job;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
      if (stopping_) return;
      job = std::move(jobs_.front());
      jobs_.pop_front();
    }
    job();
  }
}

}  // namespace googlenet
