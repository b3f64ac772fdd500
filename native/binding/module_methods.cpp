#include <torch/types.h>

#include <cstring>

#include "binding/choices.h"
#include "binding/module_handle.h"
#include "binding/tensor_results.h"
#include "binding/tensor_store.h"
#include "nn/init.h"

namespace googlenet::binding::module_methods {

namespace {

constexpr Choice<nn::InitMethod> kInitMethods[] = {{"none", nn::InitMethod::kNone},
                                                   {"default", nn::InitMethod::kDefault},
                                                   {"xavier", nn::InitMethod::kXavier},
                                                   {"truncated-normal", nn::InitMethod::kTruncatedNormal}};

// Module.to(memory_format=…), which the C++ frontend lacks. Only the weights of convolutions have a format.
void set_memory_format(torch::nn::Module& module, at::MemoryFormat format) {
  for (auto& parameter : module.parameters()) {
    if (parameter.dim() == 4) parameter.set_data(parameter.contiguous(format));
  }
}

}  // namespace

Napi::Value parameter_count(Info info, Session& session) {
  session.require_usable();
  int64_t count = 0;
  for (const weights::TensorInfo& parameter : session.parameters())
    count += c10::multiply_integers(parameter.shape);
  return Napi::Number::New(info.Env(), static_cast<double>(count));
}

Napi::Value tensors(Info info, Session& session) {
  session.require_usable();
  return to_js(info.Env(), session.tensors());
}

Napi::Value snapshot(Info info, Session& session) {
  const Options options(info);
  return snapshot_tensors(info.Env(), session, options,
                          [](Session& self) { return weights::state_dict(*self.module); });
}

Napi::Value restore(Info info, Session& session) {
  const Options options(info);
  return restore_tensors(info.Env(), session, options,
                         [](Session& self) { return weights::state_dict(*self.module); });
}

Napi::Value set_training(Info info, Session& session) {
  const bool training = Options(info).boolean("training");
  return session.run_briefly(info.Env(), [training](Session& self) { self.module->train(training); });
}

Napi::Value manual_seed(Info info, Session& session) {
  const uint64_t seed = Options(info).uint64("seed");
  return session.run_briefly(info.Env(), [seed](Session& self) { core::manual_seed(self.random, seed); });
}

Napi::Value generator_state(Info info, Session& session) {
  return session.run(
      info.Env(), [](Session& self) { return core::save_state(self.random); },
      [](Napi::Env env, const std::vector<uint8_t>& state) {
        Napi::Uint8Array copy = Napi::Uint8Array::New(env, state.size());
        std::memcpy(copy.Data(), state.data(), state.size());
        return copy;
      });
}

Napi::Value initialize(Info info, Session& session) {
  const nn::InitMethod method = value_named(kInitMethods, Options(info).string("method"), "initialization");
  return session.run(info.Env(), [method](Session& self) {
    // Drawn on the CPU for every device, as in Python, so that a seed gives the same weights everywhere.
    self.module->to(at::kCPU);
    nn::initialize(*self.module, method, self.random.host);
    self.module->to(self.device);
    set_memory_format(*self.module, self.memory_format);
  });
}

Napi::Value cancel(Info info, Session& session) {
  cancel_work(info.Env(), session.queue, Options(info).integer("id"));
  return info.Env().Undefined();
}

Napi::Value dispose(Info info, Session& session) {
  session.dispose(info.Env());
  return info.Env().Undefined();
}

}  // namespace googlenet::binding::module_methods
