#pragma once

#include <memory>

#include "binding/handle.h"
#include "binding/session.h"
#include "train/trainer.h"

namespace googlenet::binding {

// The JavaScript object of a trainer. Its work runs on the thread of the model it trains.
class TrainerHandle : public Handle<TrainerHandle> {
 public:
  static Napi::Function define(Napi::Env env);
  explicit TrainerHandle(Info info);
  void Finalize(Napi::Env env) override { release(env); }

 private:
  struct State;

  // trainer_handle.cpp
  Napi::Value step(Info info);
  Napi::Value evaluate(Info info);
  Napi::Value dispose(Info info);

  // trainer_checkpoint.cpp: the state that checkpoints hold
  Napi::Value tensors(Info info);
  Napi::Value snapshot(Info info);
  Napi::Value snapshot_ema(Info info);
  Napi::Value apply_ema(Info info);
  Napi::Value resume(Info info);
  Napi::Value gradients(Info info);
  Napi::Value has_momentum(Info info);
  Napi::Value has_ema(Info info);
  Napi::Value is_finite(Info info);

  void require_usable() const;
  void release(Napi::Env env);

  // One step or evaluation of the batch in the call's options:
  // `run(session, trainer state, images, labels)` on the model's thread.
  template <class Run>
  Napi::Value run_batch(Info info, Run run);
  // Runs `work(trainer)` on the model's thread; its result becomes a boolean.
  template <class Work>
  Napi::Value ask(Info info, Work work);
  // Copies tensors_of(trainer), looked up on the model's thread, into the buffer of the call's options.
  template <class TensorsOfTrainer>
  Napi::Value copy_out(Info info, TensorsOfTrainer tensors_of);

  std::shared_ptr<Session> session_;
  std::shared_ptr<State> state_;  // shared with queued work; null after dispose()
};

// A trainer's tensors belong to the model's thread, which creates, uses and frees them.
struct TrainerHandle::State : Dependent {
  train::TrainerOptions options;
  int64_t num_classes;
  std::vector<weights::TensorInfo> trained;  // the parameters that are not frozen
  int64_t reported_bytes;
  std::unique_ptr<train::Trainer> trainer;  // made by the first work

  // Compute thread.
  train::Trainer& on(Session& session);
  void release(Session& session) override;
};

}  // namespace googlenet::binding
