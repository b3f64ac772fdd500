#pragma once

#include "binding/module_handle.h"

namespace googlenet::binding {

class InceptionHandle : public ModuleHandle<InceptionHandle> {
 public:
  static Napi::Function define(Napi::Env env);
  explicit InceptionHandle(Info info);
  void Finalize(Napi::Env env) override { dispose_collected(env); }
};

}  // namespace googlenet::binding
