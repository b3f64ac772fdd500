// The methods of TrainerHandle for checkpoints.
#include <torch/types.h>

#include "binding/tensor_options.h"
#include "binding/tensor_results.h"
#include "binding/tensor_store.h"
#include "binding/trainer_handle.h"
#include "core/error.h"

namespace googlenet::binding {

namespace {

train::Ema& ema_of(train::Trainer& trainer) {
  if (trainer.ema() == nullptr) throw core::Error("INVALID_ARGUMENT", "This trainer has no EMA weights.");
  return *trainer.ema();
}

// What a checkpoint holds, and where.
struct Checkpoint {
  std::shared_ptr<weights::FileReader> file;
  std::vector<weights::TensorSpan> weight_spans, momentum_spans, ema_spans;
  bool has_momentum, has_ema;
  std::vector<uint8_t> generator;

  // Reads and checks everything before it changes anything.
  void load(Session& session, train::Trainer& trainer) const {
    train::Sgd& optimizer = trainer.optimizer();
    core::check_state(session.random, generator);
    weights::Restore new_weights =
        weights::read_tensors(weights::state_dict(*session.module), weight_spans, *file);
    std::vector<weights::NamedTensor> new_momentum, new_ema;
    if (has_momentum) {
      new_momentum = optimizer.new_momentum_buffers();
      weights::read_tensors(new_momentum, momentum_spans, *file).apply();
    }
    if (has_ema) {
      new_ema = ema_of(trainer).new_tensors();
      weights::read_tensors(new_ema, ema_spans, *file).apply();
    }

    core::load_state(session.random, generator);
    new_weights.apply();
    optimizer.set_momentum_buffers(new_momentum);
    if (trainer.ema() != nullptr) trainer.ema()->set_tensors(new_ema);
  }
};

Checkpoint read_checkpoint(const Options& options) {
  const Options source(options.object("source"));
  const CallerArray generator = options.byte_array("generator");
  Checkpoint checkpoint;
  checkpoint.weight_spans = read_spans(options, "weights");
  checkpoint.momentum_spans = read_spans(options, "momentum");
  checkpoint.ema_spans = read_spans(options, "ema");
  checkpoint.has_momentum = options.boolean("hasMomentum");
  checkpoint.has_ema = options.boolean("hasEma");
  const int fd = static_cast<int>(source.integer("fd"));
  checkpoint.file = std::make_shared<weights::FileReader>(fd, source.string("path"));
  // The last thing read: getters of the caller may resize the array until here.
  const core::Bytes bytes = generator.bytes();
  checkpoint.generator.assign(bytes.data, bytes.data + bytes.size);
  return checkpoint;
}

}  // namespace

// Momentum buffers have the names, types and shapes of the parameters.
Napi::Value TrainerHandle::tensors(Info info) {
  return guarded(info, [&] {
    require_usable();
    session_->require_usable();
    return to_js(info.Env(), state_->trained);
  });
}

template <class TensorsOfTrainer>
Napi::Value TrainerHandle::copy_out(Info info, TensorsOfTrainer tensors_of) {
  return guarded(info, [&] {
    require_usable();
    return snapshot_tensors(
        info.Env(), *session_, Options(info),
        [state = state_, tensors_of](Session& self) { return tensors_of(state->on(self)); });
  });
}

Napi::Value TrainerHandle::snapshot(Info info) {
  return copy_out(info, [](train::Trainer& trainer) { return trainer.optimizer().momentum_buffers(); });
}

Napi::Value TrainerHandle::snapshot_ema(Info info) {
  return copy_out(info, [](train::Trainer& trainer) { return ema_of(trainer).tensors(); });
}

Napi::Value TrainerHandle::gradients(Info info) {
  return copy_out(info, [](train::Trainer& trainer) { return trainer.optimizer().gradients(); });
}

Napi::Value TrainerHandle::apply_ema(Info info) {
  return guarded(info, [&] {
    require_usable();
    return session_->run(info.Env(), [state = state_](Session& self) { ema_of(state->on(self)).apply(); });
  });
}

Napi::Value TrainerHandle::resume(Info info) {
  return guarded(info, [&] {
    require_usable();
    return session_->run(info.Env(), [checkpoint = read_checkpoint(Options(info)), state = state_](
                                         Session& self) { checkpoint.load(self, state->on(self)); });
  });
}

template <class Work>
Napi::Value TrainerHandle::ask(Info info, Work work) {
  return guarded(info, [&] {
    require_usable();
    return session_->run(
        info.Env(), [state = state_, work](Session& self) { return work(state->on(self)); },
        [](Napi::Env env, bool answer) { return Napi::Boolean::New(env, answer); });
  });
}

Napi::Value TrainerHandle::has_momentum(Info info) {
  return ask(info, [](train::Trainer& trainer) { return trainer.optimizer().has_momentum(); });
}

Napi::Value TrainerHandle::has_ema(Info info) {
  return ask(info,
             [](train::Trainer& trainer) { return trainer.ema() != nullptr && trainer.ema()->exists(); });
}

Napi::Value TrainerHandle::is_finite(Info info) {
  return ask(info, [](train::Trainer& trainer) { return trainer.optimizer().is_finite(); });
}

}  // namespace googlenet::binding
