#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

namespace googlenet::infer {

// The work items of a phase: those of thread t end at `ends[t]`, where those of the next thread begin.
using ItemEnds = std::vector<int>;

// Threads that work together on a list of phases. Items of one phase may run at the same time; a phase begins
// when the one before it is complete. A thread first does its own items, so that what it has written stays in
// its cache, and then items that others have not started: nobody waits for a thread that is late or has no
// core just then. The caller is thread 0.
//
// It is the only pool of engine.node. Models compute on libtorch's own threads (core/threads.h): that pool
// starts and ends with the library, has no phases, and one of ours next to it would fight it for the cores.
class ThreadPool {
 public:
  // Does one item of a phase. Must not throw.
  using Work = std::function<void(int thread, int phase, int item)>;

  // Throws std::system_error where the system has no more threads.
  explicit ThreadPool(int threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  int threads() const { return static_cast<int>(workers_.size()) + 1; }

  // Stops between phases, and returns false, once `cancelled` is set. Each thread that takes part calls
  // `begin_thread` before its work and `end_thread` after it.
  bool run(const std::vector<ItemEnds>& phases, const Work& work, const std::atomic<bool>& cancelled,
           void (*begin_thread)(), void (*end_thread)());

  // One phase: work(0) to work(count - 1). Must not throw.
  void for_each(int count, const std::function<void(int index)>& work);

  // Wakes the workers for a run that begins within a tenth of a millisecond. Any thread may call it.
  void wake();

 private:
  // On its own cache line, because one thread increments it for each of its items.
  struct alignas(64) Counter {
    std::atomic<int> value{0};
  };
  struct Progress {
    explicit Progress(int threads) : next(std::make_unique<Counter[]>(static_cast<size_t>(threads))) {}
    std::unique_ptr<Counter[]> next;  // of each thread: its first item that nobody has started
    Counter done;
  };
  struct Job {
    const std::vector<ItemEnds>* phases;
    const Work* work;
    const std::atomic<bool>* cancelled;
    void (*begin_thread)();
    void (*end_thread)();
  };

  void end();
  void worker_loop(int thread);
  void take_part(int thread);
  void work_on(int thread, int phase);

  std::vector<std::thread> workers_;
  std::deque<Progress> progress_;  // of each phase
  Job job_ = {};

  std::atomic<uint32_t> wake_ups_{0};   // counter that workers wait for
  std::atomic<bool> accepts_{false};    // whether workers may join the job
  std::atomic<int> active_workers_{0};  // in the job
  std::atomic<bool> ended_{false};
};

}  // namespace googlenet::infer
