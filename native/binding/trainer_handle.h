#pragma once

#include <memory>

#include "binding/session.h"
#include "train/trainer.h"

namespace googlenet::binding {

using namespace train;

class TrainerHandle : public Napi::ObjectWrap<TrainerHandle> {
 public:
  using Info = const Napi::CallbackInfo&;

  static Napi::Function define(Napi::Env env);
  explicit TrainerHandle(Info info);
  void Finalize(Napi::Env env) override;

 private:
  // Made by the first work on the model's thread; shared with queued work.
  struct State;

  Napi::Value step(Info info);
  Napi::Value evaluate(Info info);
  Napi::Value tensors(Info info);
  Napi::Value snapshot(Info info);
  Napi::Value snapshot_average(Info info);
  Napi::Value apply_average(Info info);
  Napi::Value resume(Info info);
  Napi::Value has_momentum(Info info);
  Napi::Value has_average(Info info);
  Napi::Value is_finite(Info info);
  Napi::Value gradients(Info info);
  Napi::Value dispose(Info info);

  void require_usable() const;
  void release(Napi::Env env);
  // One step or evaluation of the batch in the call's options.
  template <class Run>
  Napi::Value run_batch(Info info, Run run);
  // Runs `work(trainer)` on the model's thread; its result becomes a boolean.
  template <class Work>
  Napi::Value ask(Info info, Work work);

  const HandleGuard guard_{this->Env(), [this] { this->Ref(); }};
  std::shared_ptr<Session> session_;
  std::shared_ptr<State> state_;  // null after dispose()
};

}  // namespace googlenet::binding
