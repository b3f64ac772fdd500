#pragma once

#include "binding/module_handle.h"

namespace googlenet {

class InceptionHandle : public ModuleHandle<InceptionHandle> {
 public:
  static Napi::Function define(Napi::Env env);
  explicit InceptionHandle(Info info);
};

}  // namespace googlenet
