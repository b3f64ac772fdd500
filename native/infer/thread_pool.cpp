#include "infer/thread_pool.h"

#include "infer/spin_wait.h"

namespace googlenet::infer {

namespace {

// A thread that sleeps here may be woken on the core of another thread of the pool, and stay behind it.
void wait_while(const std::atomic<int>& value, int old) {
  if (spin_until_changed(value, old) || yield_until_changed(value, old, tuning::kYieldsInRun)) return;
  value.wait(old, std::memory_order_acquire);
}

}  // namespace

ThreadPool::ThreadPool(int threads) {
  try {
    for (int thread = 1; thread < threads; ++thread)
      workers_.emplace_back([this, thread] { worker_loop(thread); });
  } catch (...) {
    // The system has no more threads: those that have started must end before they are destroyed.
    end();
    throw;
  }
}

ThreadPool::~ThreadPool() {
  end();
}

void ThreadPool::end() {
  ended_ = true;
  wake();
  for (std::thread& worker : workers_) worker.join();
}

bool ThreadPool::run(const std::vector<ItemEnds>& phases, const Work& work,
                     const std::atomic<bool>& cancelled, void (*begin_thread)(), void (*end_thread)()) {
  while (progress_.size() < phases.size()) progress_.emplace_back(threads());
  for (size_t i = 0; i < phases.size(); ++i) {
    for (int thread = 0; thread < threads(); ++thread) {
      const int first = thread == 0 ? 0 : phases[i][thread - 1];
      progress_[i].next[thread].value.store(first, std::memory_order_relaxed);
    }
    progress_[i].done.value.store(0, std::memory_order_relaxed);
  }
  job_ = {&phases, &work, &cancelled, begin_thread, end_thread};
  if (!workers_.empty()) {
    accepts_.store(true);
    wake();
  }
  take_part(0);
  accepts_.store(false);
  // Workers that are still in the job find nothing left to do. One that has lost its core comes back when
  // another thread gives it up.
  for (int active = active_workers_.load(); active != 0; active = active_workers_.load())
    wait_while(active_workers_, active);
  return !cancelled.load(std::memory_order_relaxed);
}

void ThreadPool::for_each(int count, const std::function<void(int index)>& work) {
  const auto nothing = [] {};
  const std::atomic<bool> never{false};
  ItemEnds ends;
  for (int thread = 1; thread <= threads(); ++thread) ends.push_back(count * thread / threads());
  run(
      {ends}, [&work](int, int, int item) { work(item); }, never, nothing, nothing);
}

void ThreadPool::wake() {
  wake_ups_.fetch_add(1);
  wake_ups_.notify_all();
}

void ThreadPool::worker_loop(int thread) {
  uint32_t seen = 0;
  bool was_woken_early = false;
  for (;;) {
    const bool is_called =
        (was_woken_early && yield_until_changed(wake_ups_, seen, tuning::kYieldsBetweenCalls)) ||
        spin_until_changed(wake_ups_, seen);
    if (!is_called) wake_ups_.wait(seen);
    seen = wake_ups_.load();
    if (ended_) return;
    active_workers_.fetch_add(1);
    was_woken_early = !accepts_.load();
    if (!was_woken_early) take_part(thread);
    if (active_workers_.fetch_sub(1) == 1) active_workers_.notify_one();
  }
}

void ThreadPool::take_part(int thread) {
  job_.begin_thread();
  for (size_t phase = 0; phase < job_.phases->size(); ++phase) {
    // Checked once per phase: a thread that saw it unset may already have started, and the others then find
    // nothing to wait for.
    if (job_.cancelled->load(std::memory_order_relaxed)) break;
    work_on(thread, static_cast<int>(phase));
  }
  job_.end_thread();
}

void ThreadPool::work_on(int thread, int phase) {
  const ItemEnds& ends = (*job_.phases)[phase];
  Progress& progress = progress_[phase];
  const int all = ends.back();
  for (int i = 0; i < threads(); ++i) {
    const int owner = (thread + i) % threads();
    std::atomic<int>& next = progress.next[owner].value;
    // Read first: a counter at its end is not worth a write, which takes its cache line from the others.
    while (next.load(std::memory_order_relaxed) < ends[owner]) {
      const int item = next.fetch_add(1, std::memory_order_relaxed);
      if (item >= ends[owner]) break;
      (*job_.work)(thread, phase, item);
      if (progress.done.value.fetch_add(1, std::memory_order_acq_rel) + 1 == all)
        progress.done.value.notify_all();
    }
  }
  const std::atomic<int>& done = progress.done.value;
  for (int seen = done.load(std::memory_order_acquire); seen < all;
       seen = done.load(std::memory_order_acquire))
    wait_while(done, seen);
}

}  // namespace googlenet::infer
