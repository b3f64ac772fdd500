#include <cstdlib>

#include "binding/engine_handle.h"
#include "binding/errors.h"
#include "binding/network_options.h"
#include "infer/packed.h"
#include "kernels/peak.h"

namespace googlenet::binding {

namespace {

Napi::Value shut_down(const Napi::CallbackInfo& info) {
  Environment::of(info.Env())->shut_down();
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

// (name, value): sets an environment variable of the process, where it has none of that name, and says
// whether it did; undefined takes it away. In a Worker `process.env` is a copy, which a library that is
// loaded there does not see.
Napi::Value set_environment(const Napi::CallbackInfo& info) {
  const std::string name = info[0].ToString();
  const bool is_set = std::getenv(name.c_str()) != nullptr;
  if (info[1].IsUndefined()) {
    unsetenv(name.c_str());
  } else if (!is_set) {
    setenv(name.c_str(), info[1].ToString().Utf8Value().c_str(), /*overwrite=*/0);
  }
  return Napi::Boolean::New(info.Env(), !is_set);
}

}  // namespace

// Everything JavaScript sees of the addon without libtorch; src/native/binding-types.ts lists the same names.
Napi::Object init_engine(Napi::Env env, Napi::Object exports) {
  Environment::create(env);
  exports["tiers"] = Napi::Function::New<tiers>(env, "tiers");
  exports["setEnvironment"] = Napi::Function::New<set_environment>(env, "setEnvironment");
  exports["peaks"] = Napi::Function::New<peaks>(env, "peaks");
  exports["shutDown"] = Napi::Function::New<shut_down>(env, "shutDown");
  exports["Engine"] = EngineHandle::define(env);
  return exports;
}

NODE_API_MODULE(NODE_GYP_MODULE_NAME, init_engine)

}  // namespace googlenet::binding
