#pragma once

#include <utility>

#include "binding/queued_work.h"

namespace googlenet::binding {

// One thread of an environment for image transforms and copies. It computes with one thread, because it works
// while models train on the others.
class DataQueue : public OwnQueue {
 public:
  using OwnQueue::OwnQueue;

  static void create(Napi::Env env) {
    const auto environment = Environment::of(env);
    environment->adopt(std::make_shared<DataQueue>(environment));
  }

  // Runs `work()` on the thread, then `convert(env, result)` on the JavaScript thread.
  template <class Work, class Convert>
  static Napi::Value run(Napi::Env env, Work work, Convert convert) {
    return promise(env, of(env), kThreads, /*id=*/0, std::move(work), std::move(convert));
  }
  template <class Work>
  static Napi::Value run(Napi::Env env, Work work) {
    return promise(env, of(env), kThreads, std::move(work));
  }

 private:
  static constexpr int kThreads = 1;

  static core::SerialQueue& of(Napi::Env env) { return Environment::of(env)->adopted<DataQueue>()->queue; }
};

}  // namespace googlenet::binding
