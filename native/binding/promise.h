#pragma once

#include <exception>
#include <memory>
#include <optional>
#include <type_traits>

#include "binding/environment.h"
#include "binding/errors.h"
#include "core/threads.h"

namespace googlenet::binding {

template <class Work, class Convert>
class PromiseTask : public Task {
 public:
  using Result = std::invoke_result_t<Work>;

  PromiseTask(Napi::Env env, int threads, Work work, Convert convert)
      : deferred_(Napi::Promise::Deferred::New(env)),
        threads_(threads),
        work_(std::move(work)),
        convert_(std::move(convert)) {}

  Napi::Promise promise() const { return deferred_.Promise(); }

  void work() override {
    try {
      apply_num_threads(threads_);
      result_.emplace(work_());
    } catch (...) {
      error_ = std::current_exception();
    }
  }

  void finish(Napi::Env env) override {
    const Napi::HandleScope scope(env);
    try {
      if (error_) {
        deferred_.Reject(to_js_error(env, report(error_)).Value());
      } else {
        deferred_.Resolve(convert_(env, *result_));
      }
    } catch (const Napi::Error& error) {
      deferred_.Reject(error.Value());
    } catch (...) {
      deferred_.Reject(to_js_error(env, report(std::current_exception())).Value());
    }
  }

 private:
  Napi::Promise::Deferred deferred_;
  int threads_;
  Work work_;
  Convert convert_;
  std::optional<Result> result_;
  std::exception_ptr error_;
};

// The one way from JavaScript to a compute thread and back. `work()` runs on the queue's thread and may not
// hold a Napi type; `convert(env, result)` runs on the JavaScript thread.
template <class Work, class Convert>
Napi::Value promise(Napi::Env env, SerialQueue& queue, int threads, Work work, Convert convert) {
  auto task = std::make_unique<PromiseTask<Work, Convert>>(env, threads, std::move(work), std::move(convert));
  const Napi::Promise result = task->promise();
  Environment::of(env)->submit(queue, std::move(task), /*keep_alive=*/true);
  return result;
}

struct Nothing {};

template <class Work>
Napi::Value promise(Napi::Env env, SerialQueue& queue, int threads, Work work) {
  return promise(
      env, queue, threads,
      [work = std::move(work)]() mutable {
        work();
        return Nothing{};
      },
      [](Napi::Env scope, const Nothing&) { return scope.Undefined(); });
}

}  // namespace googlenet::binding
