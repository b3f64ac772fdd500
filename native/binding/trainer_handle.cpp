#include "binding/trainer_handle.h"

#include <torch/types.h>

#include <algorithm>

#include "binding/classifier_handle.h"
#include "binding/tensor_options.h"
#include "binding/trainer_options.h"
#include "binding/trainer_results.h"
#include "core/device.h"
#include "core/error.h"

namespace googlenet::binding {

namespace {

std::vector<weights::TensorInfo> without(std::vector<weights::TensorInfo> parameters,
                                         const std::vector<std::string>& names) {
  std::erase_if(parameters, [&](const weights::TensorInfo& parameter) {
    return std::find(names.begin(), names.end(), parameter.name) != names.end();
  });
  return parameters;
}

// Of gradients, momentum and EMA weights, once they exist.
int64_t training_bytes(const std::vector<weights::TensorInfo>& parameters,
                       const train::TrainerOptions& options) {
  int64_t elements = 0;
  for (const weights::TensorInfo& parameter : parameters) elements += c10::multiply_integers(parameter.shape);
  return (options.ema_decay ? 3 : 2) * elements * static_cast<int64_t>(sizeof(float));
}

}  // namespace

train::Trainer& TrainerHandle::State::on(Session& session) {
  if (!trainer) trainer = std::make_unique<train::Trainer>(ClassifierHandle::model_of(session), options);
  return *trainer;
}

void TrainerHandle::State::release(Session& session) {
  // Gradients belong to the parameters, and another trainer may have computed the present ones.
  if (trainer && session.gradients_of == this) {
    trainer->zero_grad();
    session.gradients_of = nullptr;
  }
  trainer.reset();
}

Napi::Function TrainerHandle::define(Napi::Env env) {
  return DefineClass(env, "Trainer",
                     {
                         InstanceMethod<&TrainerHandle::step>("step"),
                         InstanceMethod<&TrainerHandle::evaluate>("evaluate"),
                         InstanceMethod<&TrainerHandle::tensors>("tensors"),
                         InstanceMethod<&TrainerHandle::snapshot>("snapshot"),
                         InstanceMethod<&TrainerHandle::snapshot_ema>("snapshotEma"),
                         InstanceMethod<&TrainerHandle::apply_ema>("applyEma"),
                         InstanceMethod<&TrainerHandle::resume>("resume"),
                         InstanceMethod<&TrainerHandle::has_momentum>("hasMomentum"),
                         InstanceMethod<&TrainerHandle::has_ema>("hasEma"),
                         InstanceMethod<&TrainerHandle::is_finite>("isFinite"),
                         InstanceMethod<&TrainerHandle::gradients>("gradients"),
                         InstanceMethod<&TrainerHandle::dispose>("dispose"),
                     });
}

TrainerHandle::TrainerHandle(Info info) : Handle(info) {
  guarded(info, [&] {
    const Options options(info);
    session_ = ClassifierHandle::from(options.value("model")).session();
    session_->require_usable();
    auto state = std::make_shared<State>();
    state->num_classes = ClassifierHandle::model_of(*session_)->num_classes;
    state->options = read_trainer_options(options, state->num_classes);
    if (state->options.precision == at::kBFloat16) core::require_bfloat16(session_->device);
    state->trained = without(session_->parameters(), state->options.frozen);
    state->reported_bytes = training_bytes(state->trained, state->options);
    state_ = std::move(state);
    session_->add_dependent(state_);
    session_->report_memory(info.Env(), state_->reported_bytes);
    return info.Env().Undefined();
  });
}

void TrainerHandle::require_usable() const {
  if (!state_) throw core::Error("DISPOSED", "This trainer was disposed. Create a new one.");
}

template <class Run>
Napi::Value TrainerHandle::run_batch(Info info, Run run) {
  return guarded(info, [&] {
    require_usable();
    const Options options(info);
    const torch::Tensor images = copy_images(options);
    return session_->run(
        info.Env(),
        [images, labels = copy_labels(options, images.size(0), state_->num_classes),
         normalization = read_normalization(options), state = state_,
         run](Session& self) { return run(self, *state, to_input(images, normalization, self), labels); },
        [](Napi::Env env, const auto& result) { return to_js(env, result); });
  });
}

Napi::Value TrainerHandle::step(Info info) {
  return guarded(info, [&] {
    const Options options(info);
    const train::LearningRates lr = read_learning_rates(options);
    const int64_t micro_batches = options.integer("microBatches");
    if (micro_batches < 1) throw core::Error("INVALID_ARGUMENT", "Expected at least one micro-batch.");
    return run_batch(info, [lr, micro_batches](Session& self, State& state, const torch::Tensor& images,
                                               const torch::Tensor& labels) {
      train::Trainer& trainer = state.on(self);
      self.gradients_of = &state;
      return trainer.step(images, labels, lr, micro_batches);
    });
  });
}

Napi::Value TrainerHandle::evaluate(Info info) {
  return guarded(info, [&] {
    const bool ema = Options(info).boolean("ema");
    return run_batch(
        info, [ema](Session& self, State& state, const torch::Tensor& images, const torch::Tensor& labels) {
          return state.on(self).evaluate(images, labels, ema);
        });
  });
}

void TrainerHandle::release(Napi::Env env) {
  const auto state = std::exchange(state_, nullptr);
  // A disposed model has freed the trainer's tensors, or will free them with its own.
  if (!state || session_->disposed()) return;
  session_->report_memory(env, -state->reported_bytes);
  session_->run_detached([state, session = session_.get()] { state->release(*session); });
}

Napi::Value TrainerHandle::dispose(Info info) {
  return guarded(info, [&]() -> Napi::Value {
    release(info.Env());
    return info.Env().Undefined();
  });
}

}  // namespace googlenet::binding
