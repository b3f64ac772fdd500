#include "binding/googlenet_handle.h"

#include <torch/types.h>

#include "core/device.h"
#include "core/error.h"

namespace googlenet {

namespace {

constexpr napi_type_tag kTag = {0x8f1d6c0b5f3a4e27, 0x9c64b2d7e8a1f053};

torch::Tensor to_host(const torch::Tensor& tensor) {
  return tensor.defined() ? tensor.to(at::kCPU).contiguous() : tensor;
}

Napi::Value forward(const Napi::CallbackInfo& info, Session& session) {
  const Options options(info);
  return session.run(
      info.Env(),
      [images = copy_images(options), normalization = read_normalization(options)](Session& self) {
        const torch::NoGradGuard no_grad;
        GoogLeNet model = GoogLeNetHandle::model_of(self);
        const GoogLeNetOutput output = model->forward(to_input(images, normalization, self));
        return GoogLeNetOutput{to_host(output.main), to_host(output.aux1), to_host(output.aux2)};
      },
      [](Napi::Env env, const GoogLeNetOutput& output) {
        Napi::Array logits = Napi::Array::New(env, 3);
        logits[0u] = tensor_to_js(env, output.main);
        logits[1u] = tensor_to_js(env, output.aux1);
        logits[2u] = tensor_to_js(env, output.aux2);
        return logits;
      });
}

}  // namespace

torch::Tensor to_input(const torch::Tensor& images, const Normalization& normalization,
                       const Session& session) {
  const torch::Tensor local = images.to(session.device);
  return (local.scalar_type() == at::kByte ? normalize(local, normalization) : local)
      .contiguous(session.memory_format);
}

Normalization read_normalization(const Options& options) {
  return {options.channels("mean"), options.channels("std")};
}

Napi::Function GoogLeNetHandle::define(Napi::Env env) {
  return ModuleHandle::define<forward>(env, "GoogLeNet");
}

GoogLeNetHandle::GoogLeNetHandle(Info info) : ModuleHandle(info) {
  guarded(info, [&] {
    const Options options(info);
    const GoogLeNetOptions model = {options.integer("numClasses"), options.boolean("auxLogits"),
                                    options.number("dropout"), options.number("dropoutAux")};
    session_ = std::make_shared<Session>(info.Env(), resolve_device(options.string("device")),
                                         options.uint64("seed"));
    if (options.boolean("channelsLast")) session_->memory_format = at::MemoryFormat::ChannelsLast;
    session_->set_module(info.Env(), std::make_shared<GoogLeNetImpl>(model, session_->random.local));
    info.This().As<Napi::Object>().TypeTag(&kTag);
    return info.Env().Undefined();
  });
}

GoogLeNetHandle& GoogLeNetHandle::from(const Napi::Value& value) {
  if (!value.IsObject() || !value.As<Napi::Object>().CheckTypeTag(&kTag)) {
    throw Error("INVALID_ARGUMENT", "Expected a GoogLeNet model.");
  }
  return *Unwrap(value.As<Napi::Object>());
}

GoogLeNet GoogLeNetHandle::model_of(const Session& session) {
  return GoogLeNet(std::dynamic_pointer_cast<GoogLeNetImpl>(session.module));
}

}  // namespace googlenet
