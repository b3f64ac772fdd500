#pragma once

#include "binding/session.h"

namespace googlenet::binding {

// A method of Classifier: the model as a network for engines, with its weights.
Napi::Value lower_model(const Napi::CallbackInfo& info, Session& session);

}  // namespace googlenet::binding
