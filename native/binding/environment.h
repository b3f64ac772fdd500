#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "binding/napi_setup.h"
#include "core/timed_thread.h"

namespace googlenet::binding {

class Environment;

// Work in progress on another thread. It is finished on the JavaScript thread, or dropped with its
// environment, and always destroyed on the JavaScript thread.
class Task {
 public:
  virtual ~Task() = default;
  // Neither throws.
  virtual void finish(Napi::Env env) = 0;
  virtual void abort(Napi::Env) {}  // it was withdrawn before it began
};

// An object with its own threads, which must end before its environment does: a model, an engine. It is
// registered exactly as long as it exists, so neither a constructor that throws nor an object that is
// collected late leaves anything behind. JavaScript thread only; held by shared pointers.
class ThreadOwner : public std::enable_shared_from_this<ThreadOwner> {
 public:
  explicit ThreadOwner(std::shared_ptr<Environment> environment);
  virtual ~ThreadOwner();
  ThreadOwner(const ThreadOwner&) = delete;
  ThreadOwner& operator=(const ThreadOwner&) = delete;

  // Drops waiting work and asks running work to end early.
  virtual void request_stop() = 0;
  // After request_stop(): waits for the threads; false if one has not ended by the deadline.
  virtual bool join_until(core::Deadline deadline) = 0;

  // Reports native memory behind a handle, so that V8 collects handles in time. Does nothing after
  // forget_memory() or once the environment is closed.
  void report_memory(Napi::Env env, int64_t bytes);
  // Withdraws the report when the memory is about to be freed.
  void forget_memory(Napi::Env env);

 protected:
  const std::shared_ptr<Environment> environment_;

 private:
  int64_t reported_bytes_ = 0;
  bool forgotten_ = false;
};

// Keeps a JavaScript object of ours from being collected while its environment ends. Between the cleanup
// hooks and the end of Node's own structures a garbage collection may still run, and Node 20 uses freed
// memory if it finds objects to finalize then (node_napi_env__::DrainFinalizerQueue, after the last Unref).
class HandleGuard {
 public:
  HandleGuard(Napi::Env env, std::function<void()> hold);
  ~HandleGuard();
  HandleGuard(const HandleGuard&) = delete;
  HandleGuard& operator=(const HandleGuard&) = delete;

 private:
  friend class Environment;
  const std::shared_ptr<Environment> environment_;
  const std::function<void()> hold_;
};

// What belongs to one Node environment (the main thread or a Worker) of one addon: the owners of all threads,
// and all tasks in progress. Environments share nothing native except libtorch itself. The environment's only
// cleanup hook, which holds it, is registered before there is anything to clean up and is never removed.
class Environment : public std::enable_shared_from_this<Environment> {
 public:
  static void create(Napi::Env env);
  static std::shared_ptr<Environment> of(Napi::Env env) {
    return *env.GetInstanceData<std::shared_ptr<Environment>>();
  }

  explicit Environment(Napi::Env env);

  // Takes over a task, which another thread will complete. Returns null, and drops the task, once the
  // environment is closed. With `keep_alive` the process does not end before the task is finished.
  template <class One>
  One* begin(std::unique_ptr<One> task, bool keep_alive) {
    One* begun = task.get();
    return add(std::move(task), keep_alive) ? begun : nullptr;
  }
  // Any thread: has the task finished on the JavaScript thread. Does nothing once the environment is closed.
  void complete(Task* task);
  // JavaScript thread: returns a task that no thread will complete.
  std::unique_ptr<Task> withdraw(Task* task);

  bool closed() const { return closed_; }

  // Keeps a thread owner until the environment ends.
  void adopt(std::shared_ptr<ThreadOwner> owner) { adopted_.push_back(std::move(owner)); }
  template <class One>
  One* adopted() const {
    for (const auto& owner : adopted_) {
      if (auto* one = dynamic_cast<One*>(owner.get())) return one;
    }
    return nullptr;
  }

  // Stops all threads and drops all tasks; their promises never settle. Asks all threads to stop, then waits:
  // on the CPU they end within a layer, but a device may take any time. If the deadline passes first, this
  // returns false, and the threads that still run are kept, with their tasks, until the process ends.
  bool shut_down(core::Deadline deadline = core::Deadline::max());

 private:
  friend class ThreadOwner;
  friend class HandleGuard;
  struct Entry {
    std::unique_ptr<Task> task;
    bool keep_alive;
  };

  bool add(std::unique_ptr<Task> task, bool keep_alive);
  std::unique_ptr<Task> take(Task* task);
  static void deliver(Napi::Env env, Napi::Function, Environment* self, Task* task);
  using Completions = Napi::TypedThreadSafeFunction<Environment, Task, &Environment::deliver>;

  const Napi::Env env_;
  Completions completions_;
  std::mutex completing_;  // held while a thread uses completions_, which the environment's end closes
  std::atomic<bool> closed_{false};
  size_t keep_alive_tasks_ = 0;
  std::unordered_map<Task*, Entry> tasks_;
  std::unordered_set<ThreadOwner*> thread_owners_;
  std::unordered_set<HandleGuard*> handles_;
  std::vector<std::shared_ptr<ThreadOwner>> adopted_;
};

}  // namespace googlenet::binding
