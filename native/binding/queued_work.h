#pragma once

#include <exception>
#include <memory>

#include "binding/promise.h"
#include "core/serial_queue.h"
#include "core/threads.h"
#include "core/torch_error.h"

namespace googlenet::binding {

// A thread for work that does not belong to a model.
class OwnQueue : public ThreadOwner {
 public:
  // Exists as long as the environment; its thread starts with the first work.
  static OwnQueue* create(Napi::Env env) {
    const auto environment = Environment::of(env);
    const auto created = std::make_shared<OwnQueue>(environment);
    environment->adopt(created);
    return created.get();
  }

  using ThreadOwner::ThreadOwner;
  ~OwnQueue() override { queue.stop(); }
  void request_stop() override { queue.request_stop(); }
  bool join_until(core::Deadline deadline) override { return queue.join_until(deadline); }

  core::SerialQueue queue;
};

// Runs task->run(), which must not throw, on a queue's thread, then task->finish() on the JavaScript thread.
// `id`, unless it is 0, can cancel the task while it waits.
template <class QueuedTask>
void submit(Environment& environment, core::SerialQueue& queue, std::unique_ptr<QueuedTask> task,
            bool keep_alive, int64_t id = 0) {
  QueuedTask* begun = environment.begin(std::move(task), keep_alive);
  if (begun == nullptr) return;
  try {
    const auto job = [&environment, begun] {
      begun->run();
      environment.complete(begun);
    };
    if (!queue.push(job, static_cast<Task*>(begun), id)) environment.withdraw(begun);
  } catch (...) {
    environment.withdraw(begun);
    throw;
  }
}

// The only way from JavaScript to a thread that uses libtorch and back, see AsyncWork. `threads`: for
// libtorch's operations, see core::begin_work.
template <class Work, class Convert>
Napi::Value promise(Napi::Env env, core::SerialQueue& queue, int threads, int64_t id, Work work,
                    Convert convert) {
  auto task = make_async_work(
      env,
      [threads, work = std::move(work)]() mutable {
        try {
          core::begin_work(threads);
          return work();
        } catch (...) {
          if (core::ends_thread(std::current_exception())) core::change_thread();
          throw;
        }
      },
      std::move(convert));
  const Napi::Promise result = task->promise();
  submit(*Environment::of(env), queue, std::move(task), /*keep_alive=*/true, id);
  return result;
}

// Drops waiting work with this id: its promise fails with ABORTED at once. False if none waits.
inline bool cancel_work(Napi::Env env, core::SerialQueue& queue, int64_t id) {
  auto* owner = static_cast<Task*>(queue.remove(id));
  if (owner == nullptr) return false;
  if (const auto task = Environment::of(env)->withdraw(owner)) task->abort(env);
  return true;
}

struct Nothing {};

template <class Work>
Napi::Value promise(Napi::Env env, core::SerialQueue& queue, int threads, Work work) {
  return promise(
      env, queue, threads, /*id=*/0,
      [work = std::move(work)]() mutable {
        work();
        return Nothing{};
      },
      [](Napi::Env scope, const Nothing&) { return scope.Undefined(); });
}

}  // namespace googlenet::binding
