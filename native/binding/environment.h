#pragma once

#include <memory>
#include <unordered_set>

#include "binding/napi_setup.h"
#include "core/serial_queue.h"

namespace googlenet::binding {

class Session;

// Work that runs on a queue's thread and is then finished, or dropped, on the JavaScript thread. It is always
// destroyed there.
class Task {
 public:
  virtual ~Task() = default;
  virtual void work() = 0;                 // compute thread; may throw; must not see Node
  virtual void finish(Napi::Env env) = 0;  // JavaScript thread; must not throw
};

// What belongs to one Node environment (the main thread or a Worker): nothing native is shared between
// environments except libtorch itself.
class Environment : public std::enable_shared_from_this<Environment> {
 public:
  static void create(Napi::Env env);
  static std::shared_ptr<Environment> of(Napi::Env env) {
    return *env.GetInstanceData<std::shared_ptr<Environment>>();
  }

  explicit Environment(Napi::Env env);

  // Runs task->work() on `queue`, then task->finish() here. With `keep_alive` the process does not end before
  // that.
  void submit(SerialQueue& queue, std::unique_ptr<Task> task, bool keep_alive);
  bool closed() const { return closed_; }

  // Stops all compute threads; what is queued is dropped, its promises never settle.
  void shut_down();

  void track(Session* session) { sessions_.insert(session); }
  void untrack(Session* session) { sessions_.erase(session); }

  // One thread for picture transforms, beside the models' threads.
  SerialQueue& data_queue() { return data_queue_; }

 private:
  struct Completion;
  static void deliver(Napi::Env env, Napi::Function, Environment* self, Completion* completion);
  using Completions = Napi::TypedThreadSafeFunction<Environment, Completion, &Environment::deliver>;

  Napi::Env env_;
  Completions completions_;
  size_t pending_ = 0;
  bool closed_ = false;
  SerialQueue data_queue_;
  std::unordered_set<Session*> sessions_;
};

}  // namespace googlenet::binding
