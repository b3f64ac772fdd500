#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

namespace googlenet::infer {

// How many pieces of work a phase has: `ends[t]` is where those of thread t end, and those of the next begin.
using PhasePieces = std::vector<int>;

// Threads that work together on a list of phases. What is in a phase may be done at the same time; a phase
// begins when the one before is complete. A thread does its own pieces first, so that what it has written
// stays in its cache, and then what others have not begun: who is late, or has no core just then, is not
// waited for. The caller is thread 0.
class Team {
 public:
  // Does one piece of a phase. Must not throw.
  using Work = std::function<void(int thread, int phase, int piece)>;

  explicit Team(int threads);
  ~Team();
  Team(const Team&) = delete;
  Team& operator=(const Team&) = delete;

  int threads() const { return static_cast<int>(helpers_.size()) + 1; }

  // Stops between phases, and returns false, once `cancelled` is set. `begin` and `end` are called around the
  // work of each thread that takes part.
  bool run(const std::vector<PhasePieces>& phases, const Work& work, const std::atomic<bool>& cancelled,
           void (*begin)(), void (*end)());

  // Wakes helpers for a run that begins within a tenth of a millisecond. For any thread.
  void rouse();

 private:
  // On a cache line of its own, because one thread counts it up for each of its pieces.
  struct alignas(64) Counter {
    std::atomic<int> value{0};
  };
  struct Progress {
    explicit Progress(int threads) : next(std::make_unique<Counter[]>(static_cast<size_t>(threads))) {}
    std::unique_ptr<Counter[]> next;  // of each thread: its first piece that nobody has begun
    Counter done;
  };
  struct Run {
    const std::vector<PhasePieces>* phases;
    const Work* work;
    const std::atomic<bool>* cancelled;
    void (*begin)();
    void (*end)();
  };

  void end();
  void help(int thread);
  void take_part(int thread);
  void work_on(int thread, int phase);

  std::vector<std::thread> helpers_;
  std::deque<Progress> progress_;  // of each phase
  Run run_ = {};

  std::atomic<uint32_t> started_{0};  // counts what helpers should look at
  std::atomic<bool> open_{false};     // a run that helpers may join
  std::atomic<int> inside_{0};        // helpers in it
  std::atomic<bool> ended_{false};
};

}  // namespace googlenet::infer
