#pragma once

#include "binding/queued_work.h"

namespace googlenet::binding {

// One thread of an environment for image transforms and copies, beside the models' threads.
class DataQueue : public OwnQueue {
 public:
  using OwnQueue::OwnQueue;

  static void create(Napi::Env env) {
    const auto environment = Environment::of(env);
    environment->adopt(std::make_shared<DataQueue>(environment));
  }
  static core::SerialQueue& of(Napi::Env env) { return Environment::of(env)->adopted<DataQueue>()->queue; }
};

}  // namespace googlenet::binding
