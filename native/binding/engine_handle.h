#pragma once

#include <memory>

#include "binding/engine_session.h"
#include "binding/handle.h"
#include "binding/network_options.h"

namespace googlenet::binding {

// The JavaScript object of an engine.
class EngineHandle : public Handle<EngineHandle> {
 public:
  static Napi::Function define(Napi::Env env);
  explicit EngineHandle(const Napi::CallbackInfo& info);
  void Finalize(Napi::Env env) override;

 private:
  Napi::Value ready(const Napi::CallbackInfo& info);
  Napi::Value forward(const Napi::CallbackInfo& info);
  Napi::Value cancel(const Napi::CallbackInfo& info);
  Napi::Value describe(const Napi::CallbackInfo& info);
  Napi::Value working_bytes(const Napi::CallbackInfo& info);
  Napi::Value profile(const Napi::CallbackInfo& info);
  Napi::Value dispose(const Napi::CallbackInfo& info);

  std::shared_ptr<Request> read_request(const Options& options);

  std::shared_ptr<EngineSession> session_;
};

}  // namespace googlenet::binding
