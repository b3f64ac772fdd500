#include "binding/engine_session.h"

#include <cstring>
#include <utility>

#include "binding/new_floats.h"
#include "core/error.h"
#include "kernels/tuning.h"

namespace googlenet::binding {

namespace {

// [n, classes]
Napi::Value logits_to_js(Napi::Env env, const float* logits, int count, int classes) {
  const size_t values = static_cast<size_t>(count) * static_cast<size_t>(classes);
  Napi::Float32Array data = new_floats(env, values);
  std::memcpy(data.Data(), logits, values * sizeof(float));
  Napi::Array shape = Napi::Array::New(env, 2);
  shape[0u] = count;
  shape[1u] = classes;
  Napi::Object tensor = Napi::Object::New(env);
  tensor["data"] = data;
  tensor["shape"] = shape;
  return tensor;
}

std::vector<int> classes_of(const Network& network) {
  std::vector<int> classes;
  for (const int head : network.heads) classes.push_back(network.tensors[static_cast<size_t>(head)].channels);
  return classes;
}

}  // namespace

class EngineSession::Preparation : public PromiseTask {
 public:
  Preparation(Napi::Env env, const Napi::Object& weights)
      : PromiseTask(env), weights_(Napi::Persistent(weights)) {}

  void finish(Napi::Env env) override {
    session->preparation.Reset();
    session->is_ready_ = !has_failed();
    // One that is disposed already may have freed them.
    if (session->is_ready_ && !session->disposed_)
      session->report_memory(env, session->engine.packed().bytes());
    PromiseTask::finish(env);
  }

  std::shared_ptr<EngineSession> session;

 protected:
  Napi::Value to_result(Napi::Env env) override { return env.Undefined(); }

 private:
  const Napi::ObjectReference weights_;  // borrowed until they are packed
};

class EngineSession::Forward : public PromiseTask {
 public:
  Forward(Napi::Env env, std::shared_ptr<EngineSession> session, std::shared_ptr<Request> request, int64_t id)
      : PromiseTask(env), session_(std::move(session)), request_(std::move(request)), id_(id) {}

  void finish(Napi::Env env) override {
    session_->cancellable_.erase(id_);
    if (request_->pixels.capacity() <= tuning::kMaxSpareBytes) session_->spare = std::move(request_->pixels);
    PromiseTask::finish(env);
  }

 protected:
  Napi::Value to_result(Napi::Env env) override {
    Napi::Array heads = Napi::Array::New(env, request_->logits.size());
    for (uint32_t head = 0; head < request_->logits.size(); ++head)
      heads[head] = logits_to_js(env, request_->logits[head].get(), request_->count, session_->classes[head]);
    return heads;
  }

 private:
  const std::shared_ptr<EngineSession> session_;
  const std::shared_ptr<Request> request_;
  const int64_t id_;
};

EngineSession::EngineSession(std::shared_ptr<Environment> environment, Network network,
                             const Engine::Options& options,
                             std::function<void(const std::exception_ptr&)> packed)
    : ThreadOwner(std::move(environment)),
      classes(classes_of(network)),
      engine(std::move(network), options, std::move(packed)) {}

std::shared_ptr<EngineSession> EngineSession::start(Napi::Env env, Network network,
                                                    const Engine::Options& options,
                                                    const Napi::Object& weights) {
  const auto environment = Environment::of(env);
  auto task = std::make_unique<Preparation>(env, weights);
  auto promise = Napi::Persistent<Napi::Object>(task->promise());
  Preparation* begun = environment->begin(std::move(task), /*keep_alive=*/true);
  if (begun == nullptr) throw core::Error("ABORTED", "The process or Worker is ending.");
  try {
    const auto packed = [environment = environment.get(), begun](const std::exception_ptr& error) {
      begun->fail(error);
      environment->complete(begun);
    };
    begun->session = std::make_shared<EngineSession>(environment, std::move(network), options, packed);
  } catch (...) {
    environment->withdraw(begun);
    throw;
  }
  begun->session->preparation = std::move(promise);
  return begun->session;
}

void EngineSession::require_usable() const {
  if (disposed_) throw core::Error("DISPOSED", "This engine was disposed. Make or load a new one.");
}

void EngineSession::require_ready() const {
  require_usable();
  if (!is_ready_) throw core::Error("INVALID_ARGUMENT", "The engine is not ready.");
}

void EngineSession::dispose(Napi::Env env) {
  if (disposed_) return;
  disposed_ = true;
  forget_memory(env);
  engine.close();
}

Napi::Value EngineSession::forward(Napi::Env env, const std::shared_ptr<Request>& request, int64_t id) {
  require_usable();
  auto task = std::make_unique<Forward>(env, self(), request, id);
  const Napi::Promise promise = task->promise();
  Forward* begun = environment_->begin(std::move(task), /*keep_alive=*/true);
  if (begun == nullptr) return promise;
  try {
    request->on_done = [environment = environment_.get(), begun](const std::exception_ptr& error) {
      begun->fail(error);
      environment->complete(begun);
    };
    if (id != 0) cancellable_[id] = request;
    if (!engine.submit(request))
      throw core::Error("DISPOSED", "This engine has ended. Make or load a new one.");
  } catch (...) {
    cancellable_.erase(id);
    environment_->withdraw(begun);
    throw;
  }
  return promise;
}

void EngineSession::cancel(int64_t id) {
  const auto found = cancellable_.find(id);
  if (found == cancellable_.end()) return;
  if (const auto request = found->second.lock()) engine.cancel(request);
}

}  // namespace googlenet::binding
