#pragma once

#include "binding/napi_setup.h"
#include "train/trainer.h"

namespace googlenet::binding {

// NativeStep and NativeEvaluation of src/native/binding-types.ts.
Napi::Object to_js(Napi::Env env, const train::StepResult& result);
Napi::Object to_js(Napi::Env env, const train::Evaluation& evaluation);

}  // namespace googlenet::binding
