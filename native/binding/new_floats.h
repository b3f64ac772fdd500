#pragma once

#include "binding/napi_setup.h"
#include "core/error.h"

namespace googlenet::binding {

// An array for results, in V8's own memory: arrays on our memory cannot be transferred to a Worker in Node 22
// and later, and Electron does not allow them. Made by JavaScript's constructor, because Node-API's ends the
// process when V8 has no memory.
inline Napi::Float32Array new_floats(Napi::Env env, size_t count) {
  const auto constructor = env.Global().Get("Float32Array").As<Napi::Function>();
  Napi::Value array;
  try {
    array = constructor.New({Napi::Number::New(env, static_cast<double>(count))});
  } catch (const Napi::Error& error) {
    throw core::Error("OUT_OF_MEMORY",
                      "No memory for " + std::to_string(count) + " elements: " + error.Message());
  }
  const bool is_array = array.IsTypedArray() &&
                        array.As<Napi::TypedArray>().TypedArrayType() == napi_float32_array &&
                        array.As<Napi::TypedArray>().ElementLength() == count;
  if (!is_array)
    throw core::Error("INVALID_ARGUMENT", "The Float32Array of this program makes other arrays.");
  return array.As<Napi::Float32Array>();
}

}  // namespace googlenet::binding
