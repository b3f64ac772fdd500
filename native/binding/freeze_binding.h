#pragma once

#include <atomic>
#include <unordered_map>

#include "binding/session.h"
#include "infer/network.h"

namespace googlenet::binding {

using namespace infer;

// A method of Classifier: the model as a network and its weights, for engines.
Napi::Value freeze_model(const Napi::CallbackInfo& info, Session& session);

// The JavaScript object of an engine on libtorch's public operations.
class PortableHandle : public Napi::ObjectWrap<PortableHandle> {
 public:
  static Napi::Function define(Napi::Env env);
  explicit PortableHandle(const Napi::CallbackInfo& info);
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
  Network network_;                    // whose weights are not there any more
  Napi::ObjectReference preparation_;  // the promise of ready(), until it is asked for
  std::unordered_map<int64_t, std::weak_ptr<std::atomic<bool>>> cancellable_;
};

}  // namespace googlenet::binding
