#include "binding/environment.h"

#include <vector>

#include "binding/session.h"

namespace googlenet::binding {

struct Environment::Completion {
  std::unique_ptr<Task> task;
  bool keep_alive;
};

Environment::Environment(Napi::Env env) : env_(env) {
  completions_ = Completions::New(env, "googlenet", /*maxQueueSize=*/0, /*initialThreadCount=*/1, this);
  completions_.Unref(env);
  // Hooks run last in, first out: this one stops the compute threads before the one of the thread-safe
  // function above closes it, and before Node destroys the handles or libtorch its statics.
  napi_add_env_cleanup_hook(
      env, [](void* self) { static_cast<Environment*>(self)->shut_down(); }, this);
}

// Shared, because Node does not say whether it destroys this or the handles that use it first.
void Environment::create(Napi::Env env) {
  env.SetInstanceData(new std::shared_ptr<Environment>(std::make_shared<Environment>(env)));
}

void Environment::shut_down() {
  closed_ = true;
  data_queue_.stop();
  // Held, because a dropped job may have been the last to hold a session.
  std::vector<std::shared_ptr<Session>> sessions;
  for (Session* session : sessions_) sessions.push_back(session->weak_from_this().lock());
  for (const auto& session : sessions) {
    if (session) session->queue.stop();
  }
}

void Environment::submit(SerialQueue& queue, std::unique_ptr<Task> task, bool keep_alive) {
  if (closed_) return;
  // std::function wants copies, so the job shares what it will hand back. Jobs that are dropped are destroyed
  // by stop(), which runs on this thread too.
  auto completion =
      std::make_shared<std::unique_ptr<Completion>>(new Completion{std::move(task), keep_alive});
  const bool accepted = queue.push([this, completion] {
    (*completion)->task->work();
    // It can only fail for lack of memory. What it holds must not be destroyed on this thread, so it is given
    // up.
    completions_.NonBlockingCall(completion->release());
  });
  if (accepted && keep_alive && pending_++ == 0) completions_.Ref(env_);
}

void Environment::deliver(Napi::Env env, Napi::Function, Environment* self, Completion* raw) {
  const std::unique_ptr<Completion> completion(raw);
  if (static_cast<napi_env>(env) == nullptr) return;  // the environment is closing: only destroy
  if (completion->keep_alive && --self->pending_ == 0) self->completions_.Unref(env);
  completion->task->finish(env);
}

}  // namespace googlenet::binding
