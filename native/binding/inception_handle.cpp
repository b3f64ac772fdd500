#include "binding/inception_handle.h"

#include <torch/types.h>

#include "core/device.h"
#include "nn/inception.h"

namespace googlenet {

namespace {

Napi::Value forward(const Napi::CallbackInfo& info, Session& session) {
  const Options options(info);
  return session.run(
      info.Env(),
      [input = copy_floats(options, "input", options.shape("shape"))](Session& self) {
        const torch::NoGradGuard no_grad;
        InceptionModule module(std::dynamic_pointer_cast<InceptionModuleImpl>(self.module));
        return module->forward(input.to(self.device)).to(at::kCPU).contiguous();
      },
      tensor_to_js);
}

}  // namespace

Napi::Function InceptionHandle::define(Napi::Env env) {
  return ModuleHandle::define<forward>(env, "InceptionModule");
}

InceptionHandle::InceptionHandle(Info info) : ModuleHandle(info) {
  guarded(info, [&] {
    const Options options(info);
    const InceptionOptions channels = {options.integer("inChannels"),  options.integer("ch1x1"),
                                       options.integer("ch3x3Reduce"), options.integer("ch3x3"),
                                       options.integer("ch5x5Reduce"), options.integer("ch5x5"),
                                       options.integer("poolProj")};
    session_ = std::make_shared<Session>(info.Env(), resolve_device(options.string("device")),
                                         options.uint64("seed"));
    session_->set_module(info.Env(), std::make_shared<InceptionModuleImpl>(channels));
    return info.Env().Undefined();
  });
}

}  // namespace googlenet
