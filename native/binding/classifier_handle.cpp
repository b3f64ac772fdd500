#include "binding/classifier_handle.h"

#include <torch/types.h>

#include <optional>

#include "binding/lowering_binding.h"
#include "binding/tensor_options.h"
#include "binding/tensor_results.h"
#include "core/device.h"
#include "core/error.h"
#include "core/upload.h"
#include "models/inspect.h"
#include "models/variants.h"
#include "models/xception.h"

namespace googlenet::binding {

namespace {

constexpr napi_type_tag kTag = {0x8f1d6c0b5f3a4e27, 0x9c64b2d7e8a1f053};

std::shared_ptr<models::Classifier> make_googlenet(const Options& options, const at::Generator& generator) {
  const models::GoogLeNetOptions model = {options.integer("numClasses"), options.boolean("auxLogits"),
                                          options.number("dropout"), options.number("dropoutAux"),
                                          options.boolean("transformInput")};
  return std::make_shared<models::GoogLeNetImpl>(models::spec_of(options.string("variant")), model,
                                                 generator);
}

std::shared_ptr<models::Classifier> make_xception(const Options& options, const at::Generator& generator) {
  const models::XceptionOptions model = {options.integer("numClasses"),
                                         options.number("dropout"),
                                         {options.boolean("pointwiseFirst"), options.boolean("reluBetween")}};
  return std::make_shared<models::XceptionImpl>(model, generator);
}

std::shared_ptr<models::Classifier> make_model(const Options& options, const at::Generator& generator) {
  const std::string architecture = options.string("architecture");
  if (architecture == "googlenet") return make_googlenet(options, generator);
  if (architecture == "xception") return make_xception(options, generator);
  throw core::Error("INVALID_ARGUMENT", "There is no architecture '" + architecture + "'.");
}

Napi::Value forward(const Napi::CallbackInfo& info, Session& session) {
  const Options options(info);
  return session.run(
      info.Env(),
      [images = copy_images(options), normalization = read_normalization(options),
       evaluation = options.boolean("evaluation")](Session& self) {
        const torch::NoGradGuard no_grad;
        const auto model = ClassifierHandle::model_of(self);
        std::optional<models::EvaluationMode> mode;
        if (evaluation) mode.emplace(model.get());
        const models::Logits logits = model->forward(to_input(images, normalization, self));
        return models::Logits{to_host(logits.main), to_host(logits.aux1), to_host(logits.aux2)};
      },
      [](Napi::Env env, const models::Logits& logits) {
        Napi::Array heads = Napi::Array::New(env, 3);
        heads[0u] = tensor_to_js(env, logits.main);
        heads[1u] = tensor_to_js(env, logits.aux1);
        heads[2u] = tensor_to_js(env, logits.aux2);
        return heads;
      },
      options.integer("id"));
}

Napi::Value summary(const Napi::CallbackInfo& info, Session& session) {
  const Options options(info);
  return session.run(
      info.Env(),
      [shape = options.shape("shape")](Session& self) {
        const auto model = ClassifierHandle::model_of(self);
        const torch::Tensor images = torch::zeros(shape, self.device).contiguous(self.memory_format);
        return models::summarize(*model, images);
      },
      [](Napi::Env env, const std::vector<models::LayerSummary>& layers) {
        Napi::Array list = Napi::Array::New(env, layers.size());
        for (uint32_t i = 0; i < layers.size(); ++i) {
          const models::LayerSummary& layer = layers[i];
          Napi::Object row = Napi::Object::New(env);
          row["name"] = layer.name;
          row["type"] = layer.type;
          row["output"] = shape_to_js(env, layer.output);
          row["kernel"] = static_cast<double>(layer.kernel);
          row["stride"] = static_cast<double>(layer.stride);
          row["groups"] = static_cast<double>(layer.groups);
          row["parameters"] = static_cast<double>(layer.parameters);
          row["multiplyAdds"] = static_cast<double>(layer.multiply_adds);
          list[i] = row;
        }
        return list;
      });
}

Napi::Value features(const Napi::CallbackInfo& info, Session& session) {
  const Options options(info);
  return session.run(
      info.Env(),
      [images = copy_images(options), normalization = read_normalization(options),
       names = options.strings("names")](Session& self) {
        const auto model = ClassifierHandle::model_of(self);
        std::vector<torch::Tensor> outputs =
            models::features(*model, to_input(images, normalization, self), names);
        for (torch::Tensor& output : outputs) output = to_host(output);
        return outputs;
      },
      tensors_to_js, options.integer("id"));
}

Napi::Value grad_cam(const Napi::CallbackInfo& info, Session& session) {
  const Options options(info);
  const torch::Tensor images = copy_images(options);
  session.require_usable();
  const int64_t num_classes = ClassifierHandle::model_of(session)->num_classes;
  return session.run(
      info.Env(),
      [images, labels = copy_labels(options, images.size(0), num_classes),
       normalization = read_normalization(options), name = options.string("name")](Session& self) {
        const auto model = ClassifierHandle::model_of(self);
        const models::EvaluationMode mode(model.get());
        const torch::Tensor input = to_input(images, normalization, self);
        return to_host(models::grad_cam(*model, input, name, core::upload(labels, self.device)));
      },
      tensor_to_js, options.integer("id"));
}

}  // namespace

torch::Tensor to_input(const torch::Tensor& images, const data::Normalization& normalization,
                       Session& session) {
  const torch::Tensor local = core::upload(images, session.device);
  if (local.scalar_type() != at::kByte) return local.contiguous(session.memory_format);
  return data::normalize(local, session.on_device(normalization)).contiguous(session.memory_format);
}

data::Normalization read_normalization(const Options& options) {
  return {options.channels("mean"), options.channels("std")};
}

Napi::Function ClassifierHandle::define(Napi::Env env) {
  return ModuleHandle::define(env, "Classifier",
                              {
                                  method<forward>("forward"),
                                  method<summary>("summary"),
                                  method<features>("features"),
                                  method<grad_cam>("gradCam"),
                                  method<lower_model>("lower"),
                              });
}

ClassifierHandle::ClassifierHandle(Info info) : ModuleHandle(info) {
  guarded(info, [&] {
    const Options options(info);
    session_ = std::make_shared<Session>(info.Env(), core::resolve_device(options.string("device")),
                                         options.uint64("seed"));
    if (options.boolean("channelsLast")) session_->memory_format = at::MemoryFormat::ChannelsLast;
    session_->set_module(info.Env(), make_model(Options(options.object("model")), session_->random.local));
    info.This().As<Napi::Object>().TypeTag(&kTag);
    return info.Env().Undefined();
  });
}

ClassifierHandle& ClassifierHandle::from(const Napi::Value& value) {
  if (!value.IsObject() || !value.As<Napi::Object>().CheckTypeTag(&kTag)) {
    throw core::Error("INVALID_ARGUMENT", "Expected a model.");
  }
  return *Unwrap(value.As<Napi::Object>());
}

std::shared_ptr<models::Classifier> ClassifierHandle::model_of(const Session& session) {
  return std::dynamic_pointer_cast<models::Classifier>(session.module);
}

}  // namespace googlenet::binding
