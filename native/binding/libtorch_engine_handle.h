#pragma once

#include <atomic>
#include <unordered_map>

#include "binding/handle.h"
#include "binding/session.h"
#include "infer/network.h"

namespace googlenet::binding {

// The JavaScript object of an engine on libtorch's public operations.
class LibtorchEngineHandle : public Handle<LibtorchEngineHandle> {
 public:
  static Napi::Function define(Napi::Env env);
  explicit LibtorchEngineHandle(Info info);
  void Finalize(Napi::Env env) override;

 private:
  Napi::Value ready(Info info);
  Napi::Value forward(Info info);
  Napi::Value calibrate(Info info);
  Napi::Value cancel(Info info);
  Napi::Value describe(Info info);
  Napi::Value dispose(Info info);

  std::shared_ptr<Session> session_;
  infer::Network network_;             // without weights
  Napi::ObjectReference preparation_;  // the promise of ready(), until ready() returns it
  std::unordered_map<int64_t, std::weak_ptr<std::atomic<bool>>> cancellable_;
};

}  // namespace googlenet::binding
