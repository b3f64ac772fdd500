#include "binding/inception_handle.h"

#include <torch/types.h>

#include "binding/tensor_options.h"
#include "binding/tensor_results.h"
#include "core/device.h"
#include "core/upload.h"
#include "nn/inception.h"

namespace googlenet::binding {

namespace {

// [output, output of the last branch]
Napi::Value inception_forward(const Napi::CallbackInfo& info, Session& session) {
  const Options options(info);
  return session.run(
      info.Env(),
      [input = copy_floats(options, "input", options.shape("shape"))](Session& self) {
        const torch::NoGradGuard no_grad;
        nn::InceptionModule module(std::dynamic_pointer_cast<nn::InceptionModuleImpl>(self.module));
        const auto [output, last] = module->forward_with_last_branch(core::upload(input, self.device));
        return nn::InceptionModuleImpl::Outputs{to_host(output), to_host(last)};
      },
      [](Napi::Env env, const nn::InceptionModuleImpl::Outputs& outputs) {
        Napi::Array both = Napi::Array::New(env, 2);
        both[0u] = tensor_to_js(env, outputs.output);
        both[1u] = tensor_to_js(env, outputs.last);
        return both;
      },
      options.integer("id"));
}

nn::InceptionModule make_module(const Options& options) {
  if (options.boolean("naive")) {
    return nn::naive_inception({options.integer("inChannels"), options.integer("ch1x1"),
                                options.integer("ch3x3"), options.integer("ch5x5")});
  }
  return nn::reduced_inception({options.integer("inChannels"), options.integer("ch1x1"),
                                options.integer("ch3x3Reduce"), options.integer("ch3x3"),
                                options.integer("ch5x5Reduce"), options.integer("ch5x5"),
                                options.integer("poolProj")});
}

}  // namespace

Napi::Function InceptionHandle::define(Napi::Env env) {
  return ModuleHandle::define(env, "InceptionModule", {method<inception_forward>("forward")});
}

InceptionHandle::InceptionHandle(Info info) : ModuleHandle(info) {
  guarded(info, [&] {
    const Options options(info);
    session_ = std::make_shared<Session>(info.Env(), core::resolve_device(options.string("device")),
                                         options.uint64("seed"));
    session_->set_module(info.Env(), make_module(options).ptr());
    return info.Env().Undefined();
  });
}

}  // namespace googlenet::binding
