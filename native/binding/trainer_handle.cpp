#include "binding/trainer_handle.h"

#include <torch/types.h>

#include "binding/googlenet_handle.h"
#include "core/error.h"

namespace googlenet {

// The optimiser's tensors belong to the model's thread, so they are created, used and freed there only.
struct TrainerHandle::State : Dependent {
  SgdOptions sgd;
  double aux_weight;
  int64_t num_classes;
  int64_t reported_bytes;
  std::unique_ptr<Trainer> trainer;

  Trainer& on(Session& session) {
    if (!trainer) trainer = std::make_unique<Trainer>(GoogLeNetHandle::model_of(session), sgd, aux_weight);
    return *trainer;
  }

  // Gradients are the parameters' and may be another trainer's by now.
  void release(Session& session) override {
    if (trainer && session.gradients_of == this) {
      trainer->optimizer().zero_grad();
      session.gradients_of = nullptr;
    }
    trainer.reset();
  }
};

namespace {

// Momentum and gradients, once they are there.
int64_t training_bytes(const std::vector<TensorInfo>& parameters) {
  int64_t elements = 0;
  for (const TensorInfo& parameter : parameters) elements += c10::multiply_integers(parameter.shape);
  return 2 * elements * static_cast<int64_t>(sizeof(float));
}

Napi::Value batch_to_js(Napi::Env env, const BatchResult& result) {
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
                         InstanceMethod<&TrainerHandle::resume>("resume"),
                         InstanceMethod<&TrainerHandle::has_momentum>("hasMomentum"),
                         InstanceMethod<&TrainerHandle::is_finite>("isFinite"),
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
    session_->add_dependent(state_);
    state_->reported_bytes = training_bytes(session_->parameters());
    session_->report_memory(info.Env(), state_->reported_bytes);
    return info.Env().Undefined();
  });
}

void TrainerHandle::require_usable() const {
  if (!state_) throw Error("DISPOSED", "This trainer was disposed. Create a new one.");
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
         normalization = read_normalization(options), state = state_, run](Session& self) {
          return run(self, *state, to_input(images, normalization, self), labels.to(self.device));
        },
        [](Napi::Env env, const BatchResult& result) { return batch_to_js(env, result); });
  });
}

Napi::Value TrainerHandle::step(Info info) {
  return guarded(info, [&] {
    const double lr = Options(info).number("lr");
    return run_batch(
        info, [lr](Session& self, State& state, const torch::Tensor& images, const torch::Tensor& labels) {
          Trainer& trainer = state.on(self);
          self.gradients_of = &state;
          return trainer.step(images, labels, lr);
        });
  });
}

Napi::Value TrainerHandle::evaluate(Info info) {
  return run_batch(info, [](Session& self, State& state, const torch::Tensor& images,
                            const torch::Tensor& labels) { return state.on(self).evaluate(images, labels); });
}

// Momentum buffers have the names, types and shapes of the parameters.
Napi::Value TrainerHandle::tensors(Info info) {
  return guarded(info, [&] {
    require_usable();
    session_->require_usable();
    return to_js(info.Env(), session_->parameters());
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

// Everything is read and checked before anything is changed.
Napi::Value TrainerHandle::resume(Info info) {
  return guarded(info, [&] {
    require_usable();
    const Options options(info);
    const Options source(options.object("source"));
    const Bytes state = options.bytes("generator");
    return session_->run(
        info.Env(),
        [file = std::make_shared<FileReader>(static_cast<int>(source.integer("fd")), source.string("path")),
         weights = options.spans("weights"), momentum = options.spans("momentum"),
         has_momentum = options.boolean("hasMomentum"),
         generator = std::vector<uint8_t>(state.data, state.data + state.size),
         state = state_](Session& self) {
          Sgd& optimizer = state->on(self).optimizer();
          check_state(self.random, generator);
          Restore new_weights = read_tensors(state_dict(*self.module), weights, *file);
          const std::vector<NamedTensor> buffers =
              has_momentum ? optimizer.new_momentum_buffers() : std::vector<NamedTensor>();
          if (has_momentum) read_tensors(buffers, momentum, *file).apply();

          load_state(self.random, generator);
          new_weights.apply();
          optimizer.set_momentum_buffers(buffers);
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

template <class Work>
Napi::Value TrainerHandle::ask(Info info, Work work) {
  return guarded(info, [&] {
    require_usable();
    return session_->run(
        info.Env(), [state = state_, work](Session& self) { return work(state->on(self).optimizer()); },
        [](Napi::Env env, bool answer) { return Napi::Boolean::New(env, answer); });
  });
}

Napi::Value TrainerHandle::has_momentum(Info info) {
  return ask(info, [](const Sgd& optimizer) { return optimizer.has_momentum(); });
}

Napi::Value TrainerHandle::is_finite(Info info) {
  return ask(info, [](const Sgd& optimizer) { return optimizer.is_finite(); });
}

void TrainerHandle::release(Napi::Env env) {
  const auto state = std::move(state_);
  state_.reset();
  // Where the model is disposed, its tensors are freed already, or will be with the model.
  if (!state || session_->disposed()) return;
  session_->report_memory(env, -state->reported_bytes);
  session_->run_detached([state, session = session_.get()] { state->release(*session); });
}

void TrainerHandle::Finalize(Napi::Env env) {
  release(env);
}

Napi::Value TrainerHandle::dispose(Info info) {
  return guarded(info, [&]() -> Napi::Value {
    release(info.Env());
    return info.Env().Undefined();
  });
}

}  // namespace googlenet
