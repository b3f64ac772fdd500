#include "infer/team.h"

#include "infer/wait.h"

namespace googlenet::infer {

namespace {

// Whoever sleeps here may be woken on the core of another thread of the team, and stay behind it.
void wait_while(const std::atomic<int>& value, int old) {
  if (changes_soon(value, old) || changes_meanwhile(value, old, kSomeMilliseconds)) return;
  value.wait(old, std::memory_order_acquire);
}

}  // namespace

Team::Team(int threads) {
  try {
    for (int thread = 1; thread < threads; ++thread) helpers_.emplace_back([this, thread] { help(thread); });
  } catch (...) {
    // The system has no more threads: those that there are must end before they are destroyed.
    end();
    throw;
  }
}

Team::~Team() {
  end();
}

void Team::end() {
  ended_ = true;
  rouse();
  for (std::thread& helper : helpers_) helper.join();
}

bool Team::run(const std::vector<PhasePieces>& phases, const Work& work, const std::atomic<bool>& cancelled,
               void (*begin)(), void (*end)()) {
  while (progress_.size() < phases.size()) progress_.emplace_back(threads());
  for (size_t i = 0; i < phases.size(); ++i) {
    for (int thread = 0; thread < threads(); ++thread) {
      const int first = thread == 0 ? 0 : phases[i][thread - 1];
      progress_[i].next[thread].value.store(first, std::memory_order_relaxed);
    }
    progress_[i].done.value.store(0, std::memory_order_relaxed);
  }
  run_ = {&phases, &work, &cancelled, begin, end};
  if (!helpers_.empty()) {
    open_.store(true);
    rouse();
  }
  take_part(0);
  open_.store(false);
  // Helpers that are still inside find nothing left to do. One that has lost its core comes back when another
  // thread gives it up.
  for (int inside = inside_.load(); inside != 0; inside = inside_.load()) wait_while(inside_, inside);
  return !cancelled.load(std::memory_order_relaxed);
}

void Team::rouse() {
  started_.fetch_add(1);
  started_.notify_all();
}

void Team::help(int thread) {
  uint32_t seen = 0;
  bool was_roused = false;
  for (;;) {
    const bool is_called = (was_roused && changes_meanwhile(started_, seen, kTenthOfMillisecond)) ||
                           changes_soon(started_, seen);
    if (!is_called) started_.wait(seen);
    seen = started_.load();
    if (ended_) return;
    inside_.fetch_add(1);
    was_roused = !open_.load();
    if (!was_roused) take_part(thread);
    if (inside_.fetch_sub(1) == 1) inside_.notify_one();
  }
}

void Team::take_part(int thread) {
  run_.begin();
  for (size_t phase = 0; phase < run_.phases->size(); ++phase) {
    // Who has seen it unset may have begun, so it is asked once a phase; the others then find nothing to wait
    // for.
    if (run_.cancelled->load(std::memory_order_relaxed)) break;
    work_on(thread, static_cast<int>(phase));
  }
  run_.end();
}

void Team::work_on(int thread, int phase) {
  const PhasePieces& ends = (*run_.phases)[phase];
  Progress& progress = progress_[phase];
  const int all = ends.back();
  for (int i = 0; i < threads(); ++i) {
    const int owner = (thread + i) % threads();
    std::atomic<int>& next = progress.next[owner].value;
    // Read first: a counter at its end is not worth a write, which takes its cache line from the others.
    while (next.load(std::memory_order_relaxed) < ends[owner]) {
      const int piece = next.fetch_add(1, std::memory_order_relaxed);
      if (piece >= ends[owner]) break;
      (*run_.work)(thread, phase, piece);
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
