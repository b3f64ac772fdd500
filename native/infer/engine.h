#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "core/timed_thread.h"
#include "infer/packed.h"
#include "infer/plan.h"
#include "infer/team.h"

namespace googlenet::infer {

// Pictures of one size and their logits.
struct Request {
  std::vector<std::byte> pixels;  // floats [count][3][h][w] or bytes [count][h][w][3]
  bool is_bytes;
  kernels::Size size;
  int count;
  float scale[3];  // a channel's number, times this and plus the shift, is what the network was trained with
  float shift[3];
  std::vector<std::unique_ptr<float[]>>
      logits;  // of each head, [count][classes]; NaN for a picture with NaN or infinity

  // Called once, by the engine's thread or by who cancels: no error where all is computed. Must not throw.
  std::function<void(const std::exception_ptr& error)> on_done;

 private:
  friend class Engine;
  std::atomic<bool> cancelled{false};
  int begun = 0;  // pictures
};

// Runs a network on pictures, on a thread of its own and the helpers of its team. Requests are taken in turn:
// what waits is gathered into one batch, and large requests are cut, so that small ones need not wait for all
// of them.
class Engine {
 public:
  struct Options {
    Settings settings;
    int threads;
    int max_batch;  // pictures in work between two looks at what else waits
    // Without work for so long, memory for maps goes back to the system.
    std::chrono::milliseconds keep_memory = std::chrono::seconds(10);
  };

  // Packs the weights on the engine's thread, then calls `on_ready`. They must live until then.
  Engine(Network network, const Options& options,
         std::function<void(const std::exception_ptr& error)> on_ready);
  ~Engine() { stop(); }
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // Wakes threads that sleep, before a request that takes a moment to read: they would be woken one after the
  // other otherwise, the last one while the first one works already.
  void rouse();
  // For maps, in bytes: nothing before the first picture, and after a while without any.
  int64_t working_bytes() const { return working_bytes_; }
  // False after close() or stop().
  bool submit(const std::shared_ptr<Request>& request);
  // What waits is dropped at once, what runs stops before its next phase; both are done with ABORTED.
  void cancel(const std::shared_ptr<Request>& request);
  // Runs a job on the engine's thread, between batches. False after close() or stop(). It must not throw.
  bool post(std::function<void()> job);
  // How long each operation of a picture takes one thread, in microseconds, by phase: medians of whole
  // pictures. For jobs on the engine's thread.
  std::vector<std::vector<double>> profile(const Plan& plan, kernels::Size size, int repeats) const;
  // What waits is still computed; then memory is freed and the thread ends.
  void close();
  // Drops what waits, without a word, and asks what runs to end: at most a picture a thread.
  void request_stop();
  // After request_stop() or close(): false where the thread has not ended by then.
  bool join_until(core::Deadline deadline) { return thread_.join_until(deadline); }
  void stop() {
    request_stop();
    thread_.join();
  }

  // Once it is ready, until it is closed.
  const PackedNetwork& packed() const { return *packed_; }
  const Options& options() const { return options_; }

 private:
  struct Picture {
    std::shared_ptr<Request> request;
    int index;
  };
  // Of one thread. The team works in the arena of the first; others are made when there is a picture for
  // each.
  struct Memory {
    std::optional<AlignedBytes> arena;
    Workspace own;
  };
  // What pictures of one size need.
  struct Shape {
    kernels::Size size;
    Plan plan;
    std::vector<Memory> memory;  // of each thread
  };

  void run();
  void prepare();
  void fail_all(const std::exception_ptr& failure);
  bool wait_for_work();
  bool sleep(uint32_t seen, std::optional<std::chrono::milliseconds> limit);
  void forget_shapes();
  void count_bytes();
  void run_jobs();
  std::vector<Picture> next_batch();
  void compute(const std::vector<Picture>& batch);
  void run_alone(Shape& shape, const Picture& picture, int thread);
  void run_together(Shape& shape, const Picture& picture);
  void write_logits(const Shape& shape, const std::byte* arena, const Picture& picture, bool is_finite);
  Frame frame_of(const Picture& picture, AlignedBytes& arena, std::atomic<bool>& is_finite) const;
  Shape& shape_of(kernels::Size size);
  void add_arenas(Shape& shape, int count);
  int threads() const { return options_.threads; }

  const Options options_;
  Network network_;
  std::function<void(const std::exception_ptr&)> on_ready_;
  std::unique_ptr<PackedNetwork> packed_;
  const kernels::ConvKernel* kernel_ = nullptr;
  std::unique_ptr<Team> team_;
  std::list<Shape> shapes_;  // the one used last in front

  std::atomic<int64_t> working_bytes_{0};

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::shared_ptr<Request>> queue_;
  std::deque<std::function<void()>> jobs_;
  std::atomic<uint32_t> news_{0};  // counts what the thread should look at; changes under the mutex
  std::atomic<bool> sleeps_{false};
  bool closing_ = false;
  std::atomic<bool> stopping_{false};
  core::TimedThread thread_;
};

}  // namespace googlenet::infer
