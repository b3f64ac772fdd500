#pragma once

#include <memory>
#include <unordered_map>
#include <vector>

#include "binding/promise.h"
#include "core/error.h"
#include "infer/engine.h"

namespace googlenet::binding {

using namespace infer;

// An engine and what belongs to it on the JavaScript thread. Shared by its handle and by all of its work that
// is under way, so that a handle may be collected meanwhile.
class EngineSession : public ThreadOwner {
 public:
  // Makes an engine of a network whose weights are borrowed from this object.
  static std::shared_ptr<EngineSession> start(Napi::Env env, Network network, const Engine::Options& options,
                                              const Napi::Object& weights);
  // Begins to pack the weights; `packed` is called by the engine's thread.
  EngineSession(std::shared_ptr<Environment> environment, Network network, const Engine::Options& options,
                std::function<void(const std::exception_ptr&)> packed);

  void request_stop() override { engine.request_stop(); }
  bool join_until(core::Deadline deadline) override { return engine.join_until(deadline); }

  // Throws DISPOSED.
  void require_usable() const;
  // Throws INVALID_ARGUMENT too.
  void require_ready() const;
  // What is queued is still computed.
  void dispose(Napi::Env env);

  // Runs `work(engine)` on the engine's thread, between batches.
  template <class Work, class Convert>
  Napi::Value run(Napi::Env env, Work work, Convert convert);
  Napi::Value forward(Napi::Env env, const std::shared_ptr<Request>& request, int64_t id);
  void cancel(int64_t id);

  const std::vector<int> classes;  // of each head
  // Memory of earlier images: the first touch of fresh one costs more than the copy.
  std::vector<std::byte> spare;
  Napi::ObjectReference preparation;  // the promise of ready(), until it is settled

 private:
  class Preparation;
  class Forward;

  std::shared_ptr<EngineSession> self() {
    return std::static_pointer_cast<EngineSession>(shared_from_this());
  }

  std::unordered_map<int64_t, std::weak_ptr<Request>> cancellable_;
  bool is_ready_ = false;
  bool disposed_ = false;

 public:
  Engine engine;  // ends first: its thread calls back
};

template <class Work, class Convert>
Napi::Value EngineSession::run(Napi::Env env, Work work, Convert convert) {
  require_ready();
  auto task = make_async_work(
      env, [self = self(), work = std::move(work)]() mutable { return work(self->engine); },
      std::move(convert));
  const Napi::Promise promise = task->promise();
  auto* begun = environment_->begin(std::move(task), /*keep_alive=*/true);
  if (begun == nullptr) return promise;
  try {
    const bool is_accepted = engine.post([environment = environment_.get(), begun] {
      begun->run();
      environment->complete(begun);
    });
    if (!is_accepted) throw core::Error("DISPOSED", "This engine has ended. Make or load a new one.");
  } catch (...) {
    environment_->withdraw(begun);
    throw;
  }
  return promise;
}

}  // namespace googlenet::binding
