#include "core/serial_queue.h"

#include <algorithm>
#include <memory>
#include <optional>

#include "core/caching_allocator.h"
#include "core/error.h"
#include "core/tuning.h"

namespace googlenet::core {

namespace {
// Set by the queue that this thread belongs to.
thread_local const std::atomic<bool>* cancelled = nullptr;
thread_local bool must_be_replaced = false;
}  // namespace

void check_cancelled() {
  if (cancelled != nullptr && *cancelled) throw Error("ABORTED", "The environment is shutting down.");
}

void change_thread() {
  must_be_replaced = true;
}

bool SerialQueue::push(Job job, void* owner, int64_t id) {
  std::lock_guard lock(mutex_);
  if (stopping_) return false;
  // The thread first: if the system has none, the caller gets an error and nothing was queued.
  if (!thread_.started()) thread_.start([this] { run(); });
  jobs_.push_back({std::move(job), owner, id});
  wake_.notify_one();
  return true;
}

void* SerialQueue::remove(int64_t id) {
  if (id == 0) return nullptr;
  Entry removed = {};  // destroyed without the lock
  std::lock_guard lock(mutex_);
  const auto found = std::find_if(jobs_.begin(), jobs_.end(), [&](const Entry& one) { return one.id == id; });
  if (found == jobs_.end()) return nullptr;
  removed = std::move(*found);
  jobs_.erase(found);
  return removed.owner;
}

void SerialQueue::request_stop() {
  std::deque<Entry> dropped;
  std::lock_guard lock(mutex_);
  stopping_ = true;
  dropped.swap(jobs_);
  wake_.notify_one();
}

void SerialQueue::run() {
  cancelled = &stopping_;
  std::optional<KeepFreedMemory> freed_memory;
  for (;;) {
    Job job;
    {
      std::unique_lock lock(mutex_);
      const auto is_ready = [this] { return stopping_ || !jobs_.empty(); };
      if (!wake_.wait_for(lock, kKeepUnusedMemory, is_ready)) {
        lock.unlock();
        freed_memory.reset();
        lock.lock();
        wake_.wait(lock, is_ready);
      }
      if (stopping_) return;
      job = std::move(jobs_.front().job);
      jobs_.pop_front();
    }
    if (!freed_memory) freed_memory.emplace();
    job();
    job = nullptr;
    release_unused_memory(kKeepUnusedMemory);
    if (must_be_replaced && replace_thread()) return;
  }
}

// The new thread joins this one, so that a caller has one thread to wait for.
bool SerialQueue::replace_thread() {
  std::lock_guard lock(mutex_);
  if (stopping_) return false;
  std::shared_ptr<TimedThread> old;
  try {
    old = std::make_shared<TimedThread>();
    old->swap(thread_);
    thread_.start([this, old] {
      old->join();
      run();
    });
    return true;
  } catch (const std::exception&) {
    // There is no memory or no thread: tries again after the next job.
    if (old) old->swap(thread_);
    return false;
  }
}

}  // namespace googlenet::core
