#include "binding/trainer_handle.h"

#include <torch/types.h>

#include "binding/googlenet_handle.h"
#include "core/error.h"

namespace googlenet {

// The optimiser's tensors belong to the model's thread, so they are created and used there only.
struct TrainerHandle::State {
  SgdOptions sgd;
  double aux_weight;
  int64_t num_classes;
  std::unique_ptr<Trainer> trainer;

  Trainer& on(Session& session) {
    if (!trainer) trainer = std::make_unique<Trainer>(GoogLeNetHandle::model_of(session), sgd, aux_weight);
    return *trainer;
  }
};

namespace {

Napi::Value to_js(Napi::Env env, const BatchResult& result) {
  Napi::Object object = Napi::Object::New(env);
  object["loss"] = result.loss;
  object["mainLoss"] = result.main_loss;
  object["aux1Loss"] = result.aux1_loss;
  object["aux2Loss"] = result.aux2_loss;
  object["correct"] = static_cast<double>(result.correct);
  object["correctTop5"] = static_cast<double>(result.correct_top5);
  return object;
}

}  // namespace

Napi::Function TrainerHandle::define(Napi::Env env) {
  return DefineClass(env, "Trainer",
                     {
                         InstanceMethod<&TrainerHandle::step>("step"),
                         InstanceMethod<&TrainerHandle::evaluate>("evaluate"),
                         InstanceMethod<&TrainerHandle::tensors>("tensors"),
                         InstanceMethod<&TrainerHandle::snapshot>("snapshot"),
                         InstanceMethod<&TrainerHandle::restore>("restore"),
                         InstanceMethod<&TrainerHandle::gradients>("gradients"),
                         InstanceMethod<&TrainerHandle::dispose>("dispose"),
                     });
}

TrainerHandle::TrainerHandle(Info info) : Napi::ObjectWrap<TrainerHandle>(info) {
  guarded(info, [&] {
    const Options options(info);
    session_ = GoogLeNetHandle::from(options.value("model")).session();
    session_->require_usable();
    state_ = std::make_shared<State>();
    state_->sgd = {options.number("momentum"), options.number("dampening"), options.number("weightDecay"),
                   options.boolean("nesterov")};
    state_->aux_weight = options.number("auxWeight");
    state_->num_classes = GoogLeNetHandle::model_of(*session_)->options.num_classes;
    return info.Env().Undefined();
  });
}

void TrainerHandle::require_usable() const {
  if (!state_) throw Error("DISPOSED", "This trainer was disposed. Create a new one.");
}

Napi::Value TrainerHandle::step(Info info) {
  return guarded(info, [&] {
    require_usable();
    const Options options(info);
    const Staging::Handle images = copy_images(options, session_->staging());
    return session_->run(
        info.Env(),
        [images, labels = copy_labels(options, images->size(0), state_->num_classes),
         lr = options.number("lr"), normalization = read_normalization(options),
         state = state_](Session& self) {
          return state->on(self).step(to_input(*images, normalization, self), labels.to(self.device), lr);
        },
        to_js);
  });
}

Napi::Value TrainerHandle::evaluate(Info info) {
  return guarded(info, [&] {
    require_usable();
    const Options options(info);
    const Staging::Handle images = copy_images(options, session_->staging());
    return session_->run(
        info.Env(),
        [images, labels = copy_labels(options, images->size(0), state_->num_classes),
         normalization = read_normalization(options), state = state_](Session& self) {
          return state->on(self).evaluate(to_input(*images, normalization, self), labels.to(self.device));
        },
        to_js);
  });
}

// Momentum buffers have the names, types and shapes of the parameters.
Napi::Value TrainerHandle::tensors(Info info) {
  return guarded(info, [&] {
    require_usable();
    session_->require_usable();
    std::vector<NamedTensor> parameters;
    for (const auto& item : session_->module->named_parameters())
      parameters.push_back({item.key(), item.value()});
    return describe(info.Env(), parameters);
  });
}

Napi::Value TrainerHandle::snapshot(Info info) {
  return guarded(info, [&] {
    require_usable();
    return copy_out(info.Env(), *session_, Options(info), [state = state_](Session& self) {
      return state->on(self).optimizer().momentum_buffers();
    });
  });
}

Napi::Value TrainerHandle::restore(Info info) {
  return guarded(info, [&] {
    require_usable();
    return copy_in(info.Env(), *session_, Options(info), [state = state_](Session& self) {
      Sgd& optimizer = state->on(self).optimizer();
      optimizer.create_momentum_buffers();
      return optimizer.momentum_buffers();
    });
  });
}

Napi::Value TrainerHandle::gradients(Info info) {
  return guarded(info, [&] {
    require_usable();
    return copy_out(info.Env(), *session_, Options(info),
                    [state = state_](Session& self) { return state->on(self).optimizer().gradients(); });
  });
}

Napi::Value TrainerHandle::dispose(Info info) {
  return guarded(info, [&]() -> Napi::Value {
    const auto state = std::move(state_);
    state_.reset();
    // Its tensors are freed on the model's thread, after the work that still uses them.
    if (!state || session_->disposed()) return info.Env().Undefined();
    return session_->run(info.Env(), [state](Session&) { state->trainer.reset(); });
  });
}

}  // namespace googlenet
