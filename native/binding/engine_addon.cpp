#include <cstdlib>

#include "binding/engine_handle.h"
#include "binding/errors.h"
#include "binding/network_options.h"
#include "infer/packed_network.h"

namespace googlenet::binding {

namespace {

Napi::Value shut_down(const Napi::CallbackInfo& info) {
  Environment::of(info.Env())->shut_down();
  return info.Env().Undefined();
}

// (precision): names of the instruction sets that this machine computes it with, the best last.
Napi::Value instruction_sets(const Napi::CallbackInfo& info) {
  return guarded(info, [&]() -> Napi::Value {
    const Precision precision = precision_named(info[0].ToString());
    Napi::Array names = Napi::Array::New(info.Env());
    for (const kernels::InstructionSet set : kernels::kInstructionSets) {
      if (can_compute(set, precision)) names[names.Length()] = kernels::name_of(set);
    }
    return names;
  });
}

// (name, value): sets an environment variable of the process unless it is set, and returns whether it did;
// undefined removes it. In a Worker `process.env` is a copy, which a library that is loaded there does not
// see.
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
  exports["instructionSets"] = Napi::Function::New<instruction_sets>(env, "instructionSets");
  exports["setEnvironment"] = Napi::Function::New<set_environment>(env, "setEnvironment");
  exports["shutDown"] = Napi::Function::New<shut_down>(env, "shutDown");
  exports["Engine"] = EngineHandle::define(env);
  return exports;
}

NODE_API_MODULE(NODE_GYP_MODULE_NAME, init_engine)

}  // namespace googlenet::binding
