#pragma once

#include <chrono>
#include <functional>
#include <future>
#include <thread>
#include <utility>

namespace googlenet::core {

using Deadline = std::chrono::steady_clock::time_point;

// A thread that can be joined with a deadline, which std::thread cannot.
class TimedThread {
 public:
  TimedThread() = default;
  ~TimedThread() { join(); }

  // Throws std::system_error if the system has no thread.
  void start(std::function<void()> body) {
    std::promise<void> end;
    std::future<void> ended = end.get_future();
    thread_ = std::thread([body = std::move(body), end = std::move(end)]() mutable {
      body();
      end.set_value();
    });
    ended_ = std::move(ended);
  }

  void swap(TimedThread& other) {
    thread_.swap(other.thread_);
    std::swap(ended_, other.ended_);
  }

  bool started() const { return thread_.joinable(); }

  // True if the thread has ended, or was never started.
  bool join_until(Deadline deadline) {
    if (!thread_.joinable()) return true;
    const bool is_limited = deadline != Deadline::max();
    if (is_limited && ended_.wait_until(deadline) != std::future_status::ready) return false;
    thread_.join();
    return true;
  }

  void join() { join_until(Deadline::max()); }

 private:
  std::thread thread_;
  std::future<void> ended_;
};

}  // namespace googlenet::core
