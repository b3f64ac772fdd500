#pragma once

#include "binding/module_handle.h"
#include "binding/options.h"
#include "data/normalize.h"
#include "models/classifier.h"

namespace googlenet::binding {

class ClassifierHandle : public ModuleHandle<ClassifierHandle> {
 public:
  static Napi::Function define(Napi::Env env);
  explicit ClassifierHandle(Info info);
  void Finalize(Napi::Env env) override { dispose_collected(env); }

  // The handle behind a JavaScript value. Throws INVALID_ARGUMENT for any other value.
  static ClassifierHandle& from(const Napi::Value& value);
  // Compute thread only.
  static std::shared_ptr<models::Classifier> model_of(const Session& session);
};

// Compute thread: a batch on the session's device and in its memory format, bytes normalized.
torch::Tensor to_input(const torch::Tensor& images, const data::Normalization& normalization,
                       Session& session);
// { mean, std }
data::Normalization read_normalization(const Options& options);

}  // namespace googlenet::binding
