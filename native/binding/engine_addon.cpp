#include "binding/engine_handle.h"
#include "binding/errors.h"
#include "infer/kernels/peak.h"

namespace googlenet {

namespace {

Napi::Value shut_down(const Napi::CallbackInfo& info) {
  EngineHandle::shut_down(info.Env());
  return info.Env().Undefined();
}

// Groups of instructions that this machine has kernels for, the best last.
Napi::Value tiers(const Napi::CallbackInfo& info) {
  Napi::Array names = Napi::Array::New(info.Env());
  for (const kernels::Tier tier : {kernels::Tier::kAvx2, kernels::Tier::kAvx512, kernels::Tier::kAmx}) {
    if (kernels::is_available(tier)) names[names.Length()] = kernels::name_of(tier);
  }
  return names;
}

// Most operations a nanosecond of one core, by tier and numbers, as kernels are called in a plan.
Napi::Value peaks(const Napi::CallbackInfo& info) {
  using kernels::Number;
  using kernels::Tier;
  Napi::Object result = Napi::Object::New(info.Env());
  for (const Tier tier : {Tier::kAvx2, Tier::kAvx512, Tier::kAmx}) {
    for (const auto& [number, name] :
         {std::pair(Number::kFloat, "float32"), std::pair(Number::kBfloat16, "bfloat16"),
          std::pair(Number::kByte, "int8")}) {
      const double most = kernels::peak(tier, number);
      if (most > 0) result[std::string(kernels::name_of(tier)) + " " + name] = most;
    }
  }
  return result;
}

}  // namespace

// Everything JavaScript sees of the addon without libtorch; src/native/contract.ts lists the same names.
Napi::Object init_engine(Napi::Env env, Napi::Object exports) {
  exports["tiers"] = Napi::Function::New<tiers>(env, "tiers");
  exports["peaks"] = Napi::Function::New<peaks>(env, "peaks");
  exports["shutDown"] = Napi::Function::New<shut_down>(env, "shutDown");
  exports["Engine"] = EngineHandle::define(env);
  return exports;
}

NODE_API_MODULE(NODE_GYP_MODULE_NAME, init_engine)

}  // namespace googlenet
