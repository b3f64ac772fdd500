#pragma once

#include "binding/module_handle.h"
#include "data/transforms.h"
#include "models/classifier.h"

namespace googlenet::binding {

using namespace data;
using namespace models;

class ClassifierHandle : public ModuleHandle<ClassifierHandle> {
 public:
  static Napi::Function define(Napi::Env env);
  explicit ClassifierHandle(Info info);
  void Finalize(Napi::Env env) override { collect(env); }

  // The handle behind a value, or an Error where the value is something else.
  static ClassifierHandle& from(const Napi::Value& value);
  // Compute thread only.
  static std::shared_ptr<Classifier> model_of(const Session& session);
};

// Uploads a batch and normalises bytes; compute thread only.
torch::Tensor to_input(const torch::Tensor& images, const Normalization& normalization, Session& session);
Normalization read_normalization(const Options& options);

}  // namespace googlenet::binding
