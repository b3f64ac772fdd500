#pragma once

#include <exception>

#include "binding/napi_setup.h"
#include "core/error.h"

namespace googlenet::binding {

// A JavaScript Error with a code. src/native/call.ts turns it into a GoogLeNetError with the caller's stack.
inline Napi::Error to_js_error(Napi::Env env, const core::ErrorReport& report) {
  Napi::Error error = Napi::Error::New(env, report.message);
  error.Set("code", Napi::String::New(env, report.code));
  return error;
}

// Runs a native method; whatever it throws becomes a JavaScript error with a code.
template <class Body>
Napi::Value guarded(const Napi::CallbackInfo& info, Body body) {
  try {
    return body();
  } catch (const Napi::Error&) {
    throw;
  } catch (...) {
    throw to_js_error(info.Env(), core::report(std::current_exception()));
  }
}

}  // namespace googlenet::binding
