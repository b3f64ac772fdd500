#pragma once

#include <atomic>
#include <unordered_map>

#include "binding/session.h"
#include "infer/network.h"

namespace googlenet::binding {

// The JavaScript object of an engine on libtorch's public operations.
class LibtorchEngineHandle : public Napi::ObjectWrap<LibtorchEngineHandle> {
 public:
  static Napi::Function define(Napi::Env env);
  explicit LibtorchEngineHandle(const Napi::CallbackInfo& info);
  void Finalize(Napi::Env env) override;

 private:
  Napi::Value ready(const Napi::CallbackInfo& info);
  Napi::Value forward(const Napi::CallbackInfo& info);
  Napi::Value calibrate(const Napi::CallbackInfo& info);
  Napi::Value cancel(const Napi::CallbackInfo& info);
  Napi::Value describe(const Napi::CallbackInfo& info);
  Napi::Value dispose(const Napi::CallbackInfo& info);

  const HandleGuard guard_{this->Env(), [this] { this->Ref(); }};
  std::shared_ptr<Session> session_;
  infer::Network network_;             // without weights
  Napi::ObjectReference preparation_;  // the promise of ready(), until ready() returns it
  std::unordered_map<int64_t, std::weak_ptr<std::atomic<bool>>> cancellable_;
};

}  // namespace googlenet::binding
