#pragma once

#include <atomic>
#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <vector>

#include "core/timed_thread.h"
#include "infer/executor.h"
#include "infer/network.h"
#include "infer/packed_network.h"
#include "infer/request_queue.h"
#include "infer/thread_pool.h"
#include "kernels/tuning.h"

namespace googlenet::infer {

// The life of an engine: runs a network on images, on a thread of its own and the workers of its thread pool.
class Engine {
 public:
  struct Options {
    Settings settings;
    int threads;
    int max_batch;  // images in work between two looks at the queue
    // Without work for so long, memory of feature maps goes back to the system.
    std::chrono::milliseconds keep_memory = tuning::kKeepMemory;
  };

  // Packs the weights on the engine's thread, then calls `on_ready`. They must live until then.
  Engine(Network network, const Options& options,
         std::function<void(const std::exception_ptr& error)> on_ready);
  ~Engine() { stop(); }
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // Wakes threads that sleep, before a request that takes a moment to read: they would be woken one after the
  // other otherwise, the last one while the first one works already.
  void wake();
  // Of feature maps and workspaces: nothing before the first image, and after a while without any.
  int64_t working_bytes() const { return working_bytes_; }
  // False after close() or stop().
  bool submit(const std::shared_ptr<Request>& request) { return queue_.submit(request); }
  // A request that waits is dropped at once, one that runs stops before its next phase; both are done with
  // ABORTED.
  void cancel(const std::shared_ptr<Request>& request);
  // Runs a job on the engine's thread, between batches. False after close() or stop(). It must not throw.
  bool post(std::function<void()> job) { return queue_.post(std::move(job)); }
  // What waits is still computed; then memory is freed and the thread ends.
  void close() { queue_.close(); }
  // Drops what waits, without a word, and asks what runs to end: at most an image a thread.
  void request_stop() { queue_.stop(); }
  // After request_stop() or close(): false where the thread has not ended by then.
  bool join_until(core::Deadline deadline) { return thread_.join_until(deadline); }
  void stop() {
    request_stop();
    thread_.join();
  }

  // Once it is ready, until it is closed.
  const PackedNetwork& packed() const { return *packed_; }
  const Options& options() const { return options_; }
  // Set by request_stop(): jobs should end.
  const std::atomic<bool>& stopping() const { return queue_.stopping(); }

 private:
  void run();
  void prepare();
  void fail_all(const std::exception_ptr& failure);
  void compute(const std::vector<BatchImage>& batch);
  void finish(const std::vector<BatchImage>& batch, const std::exception_ptr& error);

  const Options options_;
  Network network_;
  std::function<void(const std::exception_ptr&)> on_ready_;
  std::atomic<int64_t> working_bytes_{0};
  // Of the engine's thread.
  std::unique_ptr<ThreadPool> thread_pool_;
  std::unique_ptr<PackedNetwork> packed_;
  std::unique_ptr<Executor> executor_;

  RequestQueue queue_;
  core::TimedThread thread_;
};

}  // namespace googlenet::infer
