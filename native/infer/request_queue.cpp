#include "infer/request_queue.h"

#include "infer/spin_wait.h"

namespace googlenet::infer {

bool RequestQueue::submit(const std::shared_ptr<Request>& request) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_ || closing_) return false;
    requests_.push_back(request);
    ++wake_ups_;
  }
  wake_.notify_one();
  return true;
}

bool RequestQueue::post(std::function<void()> job) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_ || closing_) return false;
    jobs_.push_back(std::move(job));
    ++wake_ups_;
  }
  wake_.notify_one();
  return true;
}

bool RequestQueue::withdraw(const std::shared_ptr<Request>& request) {
  const std::lock_guard lock(mutex_);
  return request->started == 0 && std::erase(requests_, request) > 0;
}

std::deque<std::shared_ptr<Request>> RequestQueue::withdraw_all() {
  std::deque<std::shared_ptr<Request>> all;
  const std::lock_guard lock(mutex_);
  all.swap(requests_);
  return all;
}

void RequestQueue::drop(const std::shared_ptr<Request>& request) {
  const std::lock_guard lock(mutex_);
  std::erase(requests_, request);
}

void RequestQueue::close() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
    ++wake_ups_;
  }
  wake_.notify_one();
}

void RequestQueue::stop() {
  std::deque<std::shared_ptr<Request>> dropped;  // destroyed without the lock
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    dropped.swap(requests_);
    ++wake_ups_;
  }
  wake_.notify_one();
}

void RequestQueue::wake(const std::function<void()>& wake_others) {
  if (!sleeps_) return;
  {
    const std::lock_guard lock(mutex_);
    ++wake_ups_;
  }
  wake_.notify_one();
  const std::lock_guard lock(mutex_);
  if (!stopping_ && !closing_) wake_others();
}

bool RequestQueue::wait_for_work(std::chrono::milliseconds idle, const std::function<bool()>& has_memory,
                                 const std::function<void()>& on_idle) {
  for (;;) {
    const uint32_t seen = wake_ups_.load();
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) return false;
      if (!requests_.empty() || !jobs_.empty()) return true;
      if (closing_) return false;
    }
    // A caller that calls again as soon as it has its answer need not wait for a thread that must be woken.
    if (yield_until_changed(wake_ups_, seen, tuning::kYieldsBetweenCalls) ||
        spin_until_changed(wake_ups_, seen))
      continue;
    if (has_memory() && !sleep(seen, idle)) on_idle();
    sleep(seen, std::nullopt);
  }
}

// False if the limit has passed and nothing has changed.
bool RequestQueue::sleep(uint32_t seen, std::optional<std::chrono::milliseconds> limit) {
  std::unique_lock lock(mutex_);
  sleeps_ = true;
  const auto has_changed = [&] { return wake_ups_ != seen; };
  if (limit)
    wake_.wait_for(lock, *limit, has_changed);
  else
    wake_.wait(lock, has_changed);
  sleeps_ = false;
  return has_changed();
}

std::deque<std::function<void()>> RequestQueue::take_jobs() {
  std::deque<std::function<void()>> jobs;
  const std::lock_guard lock(mutex_);
  jobs.swap(jobs_);
  return jobs;
}

std::vector<BatchImage> RequestQueue::take_batch(int max_batch) {
  std::vector<BatchImage> batch;
  const std::lock_guard lock(mutex_);
  const auto has_room = [&] { return static_cast<int>(batch.size()) < max_batch; };
  while (!requests_.empty() && has_room()) {
    const std::shared_ptr<Request> request = requests_.front();
    if (!batch.empty() && !(request->size == batch.front().request->size)) break;
    requests_.pop_front();
    while (request->started < request->count && has_room()) batch.push_back({request, request->started++});
    if (request->started == request->count) continue;
    // The rest of it waits behind the others.
    requests_.push_back(request);
    break;
  }
  return batch;
}

}  // namespace googlenet::infer
