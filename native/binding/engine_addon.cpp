#include "binding/engine_handle.h"
#include "binding/errors.h"
#include "binding/network_options.h"
#include "infer/kernels/peak.h"
#include "infer/packed.h"

namespace googlenet::binding {

namespace {

Napi::Value shut_down(const Napi::CallbackInfo& info) {
  EngineHandle::shut_down(info.Env());
  return info.Env().Undefined();
}

// (precision): groups of instructions by which this machine computes in it, the best last.
Napi::Value tiers(const Napi::CallbackInfo& info) {
  return guarded(info, [&]() -> Napi::Value {
    const Precision precision = precision_named(info[0].ToString());
    Napi::Array names = Napi::Array::New(info.Env());
    for (const kernels::Tier tier : {kernels::Tier::kAvx2, kernels::Tier::kAvx512, kernels::Tier::kAmx}) {
      if (can_compute(tier, precision)) names[names.Length()] = kernels::name_of(tier);
    }
    return names;
  });
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

}  // namespace googlenet::binding
