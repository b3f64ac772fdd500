// An addon that registers the device in a process, and reads its counters.
#include <ATen/Functions.h>
#include <napi.h>

#include "device.h"

namespace {

Napi::Value counters(const Napi::CallbackInfo& info) {
  const device::Counters& counted = device::counters;
  Napi::Object result = Napi::Object::New(info.Env());
  const auto set = [&](const char* name, const std::atomic<int64_t>& value) {
    result.Set(name, static_cast<double>(value));
  };
  set("liveBytes", counted.live_bytes);
  set("cachedBytes", counted.cached_bytes);
  set("uploads", counted.uploads);
  set("pageable", counted.pageable);
  set("downloads", counted.downloads);
  set("wrongDevice", counted.wrong_device);
  set("wrongStream", counted.wrong_stream);
  set("defaultStream", counted.default_stream);
  return result;
}

// The kind of mistake this device is there to find: must end the process.
Napi::Value read_on_host(const Napi::CallbackInfo& info) {
  const at::Tensor tensor = at::ones({1}, at::Device(device::kType, 0));
  return Napi::Number::New(info.Env(), *static_cast<const float*>(tensor.const_data_ptr()));
}

Napi::Value fail_next(const Napi::CallbackInfo& info) {
  device::fail_next = info[0].As<Napi::Number>().Int32Value();
  return info.Env().Undefined();
}

Napi::Value hang_next(const Napi::CallbackInfo& info) {
  device::hang_next = true;
  return info.Env().Undefined();
}

Napi::Value is_hanging(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), device::hanging);
}

Napi::Object init(Napi::Env env, Napi::Object exports) {
  exports.Set("counters", Napi::Function::New<counters>(env));
  exports.Set("failNext", Napi::Function::New<fail_next>(env));
  exports.Set("isHanging", Napi::Function::New<is_hanging>(env));
  exports.Set("hangNext", Napi::Function::New<hang_next>(env));
  exports.Set("readOnHost", Napi::Function::New<read_on_host>(env));
  return exports;
}

}  // namespace

NODE_API_MODULE(test_device, init)
