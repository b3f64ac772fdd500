#pragma once

#include <exception>
#include <optional>
#include <type_traits>
#include <utility>

#include "binding/environment.h"
#include "binding/errors.h"

namespace googlenet::binding {

// Work that settles a promise when it ends.
class PromiseTask : public Task {
 public:
  explicit PromiseTask(Napi::Env env) : deferred_(Napi::Promise::Deferred::New(env)) {}

  // Only in the call that created the task: the handle is valid until its end.
  Napi::Promise promise() const { return deferred_.Promise(); }

  // Any thread, before the task is completed.
  void fail(std::exception_ptr error) { error_ = std::move(error); }

  void abort(Napi::Env env) override {
    fail(std::make_exception_ptr(core::Error("ABORTED", "The work was cancelled.")));
    finish(env);
  }

  void finish(Napi::Env env) override {
    const Napi::HandleScope scope(env);
    try {
      if (error_) {
        deferred_.Reject(to_js_error(env, core::report(error_)).Value());
      } else {
        deferred_.Resolve(to_result(env));
      }
    } catch (const Napi::Error& error) {
      deferred_.Reject(error.Value());
    } catch (...) {
      deferred_.Reject(to_js_error(env, core::report(std::current_exception())).Value());
    }
  }

 protected:
  // JavaScript thread, if nothing has failed.
  virtual Napi::Value to_result(Napi::Env env) = 0;

  bool has_failed() const { return error_ != nullptr; }

 private:
  Napi::Promise::Deferred deferred_;
  std::exception_ptr error_;
};

// `work()` runs on another thread and must not use a Napi type; `convert(env, result)` runs on the JavaScript
// thread.
template <class Work, class Convert>
class AsyncWork : public PromiseTask {
 public:
  using Result = std::invoke_result_t<Work>;

  AsyncWork(Napi::Env env, Work work, Convert convert)
      : PromiseTask(env), work_(std::move(work)), convert_(std::move(convert)) {}

  void run() {
    try {
      result_.emplace(work_());
    } catch (...) {
      fail(std::current_exception());
    }
  }

 protected:
  Napi::Value to_result(Napi::Env env) override { return convert_(env, *result_); }

 private:
  Work work_;
  Convert convert_;
  std::optional<Result> result_;
};

template <class Work, class Convert>
auto make_async_work(Napi::Env env, Work work, Convert convert) {
  return std::make_unique<AsyncWork<Work, Convert>>(env, std::move(work), std::move(convert));
}

}  // namespace googlenet::binding
