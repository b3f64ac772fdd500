#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "infer/request.h"

namespace googlenet::infer {

// What waits for an engine's thread: requests, and jobs to run between batches. All methods but those of the
// engine's thread may be called by any thread.
class RequestQueue {
 public:
  // Both are false after close() or stop().
  bool submit(const std::shared_ptr<Request>& request);
  bool post(std::function<void()> job);

  // Takes a request back, and returns whether it was still waiting: one with started images ends in the
  // middle of its work.
  bool withdraw(const std::shared_ptr<Request>& request);
  // Takes a request back, whatever has started of it.
  void drop(const std::shared_ptr<Request>& request);
  // Takes all requests back.
  std::deque<std::shared_ptr<Request>> withdraw_all();

  // Takes nothing new; what waits is still computed.
  void close();
  // Takes nothing new and drops what waits, without a word.
  void stop();
  const std::atomic<bool>& stopping() const { return stopping_; }

  // Wakes the engine's thread if it sleeps, and then calls `wake_others` unless the queue is closed.
  void wake(const std::function<void()>& wake_others);

  // --- for the engine's thread ---

  // Waits until there is work, and returns false when there will be none. Calls `on_idle` after `idle`
  // without work, if `has_memory`.
  bool wait_for_work(std::chrono::milliseconds idle, const std::function<bool()>& has_memory,
                     const std::function<void()>& on_idle);
  std::deque<std::function<void()>> take_jobs();
  // Up to `max_batch` images of the first request and of those behind it that have the same size. Large
  // requests are cut, so that small ones do not wait for all of their images.
  std::vector<BatchImage> take_batch(int max_batch);

 private:
  bool sleep(uint32_t seen, std::optional<std::chrono::milliseconds> limit);

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::shared_ptr<Request>> requests_;
  std::deque<std::function<void()>> jobs_;
  std::atomic<uint32_t> wake_ups_{0};  // counter of changes; written under the mutex
  std::atomic<bool> sleeps_{false};
  bool closing_ = false;
  std::atomic<bool> stopping_{false};
};

}  // namespace googlenet::infer
