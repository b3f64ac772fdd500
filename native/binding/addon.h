#pragma once

#include "binding/napi_setup.h"

namespace googlenet::binding {

// library.cpp
Napi::Value libtorch(const Napi::CallbackInfo& info);
Napi::Value cuda(const Napi::CallbackInfo& info);
Napi::Value set_num_threads_js(const Napi::CallbackInfo& info);
Napi::Value limit_default_threads_js(const Napi::CallbackInfo& info);
Napi::Value num_threads_js(const Napi::CallbackInfo& info);
Napi::Value resolve_device_js(const Napi::CallbackInfo& info);
Napi::Value prepare_device_js(const Napi::CallbackInfo& info);
Napi::Value backends_js(const Napi::CallbackInfo& info);
Napi::Value set_backends_js(const Napi::CallbackInfo& info);

// transforms_binding.cpp
void define_transforms(Napi::Env env, Napi::Object exports);

}  // namespace googlenet::binding
