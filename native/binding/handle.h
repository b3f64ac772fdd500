#pragma once

#include "binding/environment.h"

namespace googlenet::binding {

// The base of our JavaScript objects. V8 checks the receiver of every method call. Each class overrides
// Finalize itself, because node-addon-api ignores an inherited one.
template <class Self>
class Handle : public Napi::ObjectWrap<Self> {
 public:
  using Info = const Napi::CallbackInfo&;

  explicit Handle(Info info) : Napi::ObjectWrap<Self>(info) {}

 private:
  const HandleGuard guard_{this->Env(), [this] { this->Ref(); }};
};

}  // namespace googlenet::binding
