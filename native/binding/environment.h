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

// Work under way on another thread. It is finished on the JavaScript thread, or dropped with its environment,
// and always destroyed there.
class Task {
 public:
  virtual ~Task() = default;
  // Neither throws.
  virtual void finish(Napi::Env env) = 0;
  virtual void abort(Napi::Env) {}  // taken back before it began
};

// What has threads of its own, which must end before its environment does: a model, an engine. It is
// registered for exactly as long as it exists, so neither a constructor that throws nor an object that is
// collected late leaves anything behind. JavaScript thread only; held by shared pointers.
class Member : public std::enable_shared_from_this<Member> {
 public:
  explicit Member(std::shared_ptr<Environment> environment);
  virtual ~Member();
  Member(const Member&) = delete;
  Member& operator=(const Member&) = delete;

  // Drops what waits and asks what runs to end early.
  virtual void request_stop() = 0;
  // After request_stop(): false where a thread has not ended by then.
  virtual bool join_until(core::Deadline deadline) = 0;

  // Native memory behind a handle, so that V8 collects handles in time. Nothing once it is forgotten or the
  // environment is closed.
  void report_memory(Napi::Env env, int64_t bytes);
  // Takes back what was reported, when the memory is about to be freed.
  void forget_memory(Napi::Env env);

 protected:
  const std::shared_ptr<Environment> environment_;

 private:
  int64_t reported_bytes_ = 0;
  bool forgotten_ = false;
};

// Of a JavaScript object of ours: keeps it from being collected once its environment ends. Between the
// clean-up hooks and the end of Node's own structures a garbage collection may still run, and Node 20 uses
// freed memory when that finds objects to finalize (node_napi_env__::DrainFinalizerQueue, after the last
// Unref).
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

// What belongs to one Node environment (the main thread or a Worker) of one addon: all threads by their
// members, and all tasks under way. Nothing native is shared between environments but libtorch itself. The
// environment's one clean-up hook, which holds it, is registered before there is anything to clean up and is
// never removed.
class Environment : public std::enable_shared_from_this<Environment> {
 public:
  static void create(Napi::Env env);
  static std::shared_ptr<Environment> of(Napi::Env env) {
    return *env.GetInstanceData<std::shared_ptr<Environment>>();
  }

  explicit Environment(Napi::Env env);

  // Takes a task over, to be completed by another thread; null once the environment is closed, and then the
  // task is dropped. With `keep_alive` the process does not end before it is finished.
  template <class One>
  One* begin(std::unique_ptr<One> task, bool keep_alive) {
    One* begun = task.get();
    return add(std::move(task), keep_alive) ? begun : nullptr;
  }
  // Any thread: the task will be finished. Nothing once the environment is closed.
  void complete(Task* task);
  // JavaScript thread: gives back a task that nobody will complete.
  std::unique_ptr<Task> withdraw(Task* task);

  bool closed() const { return closed_; }

  // Keeps a member until the end.
  void adopt(std::shared_ptr<Member> member) { adopted_.push_back(std::move(member)); }
  template <class One>
  One* adopted() const {
    for (const auto& member : adopted_) {
      if (auto* one = dynamic_cast<One*>(member.get())) return one;
    }
    return nullptr;
  }

  // Stops all threads and drops all tasks; their promises never settle. All are asked first, then waited for:
  // on the CPU they end within a layer, but a device can take as long as it likes. Where the deadline passes
  // first this returns false, and what still runs is kept, with its tasks, until the process ends.
  bool shut_down(core::Deadline deadline = core::Deadline::max());

 private:
  friend class Member;
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
  std::mutex completing_;  // held while a thread calls what the end of the environment closes
  std::atomic<bool> closed_{false};
  size_t kept_alive_ = 0;  // tasks for which the process stays alive
  std::unordered_map<Task*, Entry> tasks_;
  std::unordered_set<Member*> members_;
  std::unordered_set<HandleGuard*> handles_;
  std::vector<std::shared_ptr<Member>> adopted_;
};

}  // namespace googlenet::binding
