#include "binding/environment.h"

#include <utility>

namespace googlenet::binding {

namespace {
// How long the end of an environment waits for a device to finish its work.
constexpr std::chrono::seconds kShutdownTimeout{10};
}  // namespace

ThreadOwner::ThreadOwner(std::shared_ptr<Environment> environment) : environment_(std::move(environment)) {
  environment_->thread_owners_.insert(this);
}

ThreadOwner::~ThreadOwner() {
  environment_->thread_owners_.erase(this);
}

void ThreadOwner::report_memory(Napi::Env env, int64_t bytes) {
  if (forgotten_ || environment_->closed()) return;
  Napi::MemoryManagement::AdjustExternalMemory(env, bytes);
  reported_bytes_ += bytes;
}

void ThreadOwner::forget_memory(Napi::Env env) {
  report_memory(env, -reported_bytes_);
  forgotten_ = true;
}

HandleGuard::HandleGuard(Napi::Env env, std::function<void()> hold)
    : environment_(Environment::of(env)), hold_(std::move(hold)) {
  environment_->handles_.insert(this);
}

HandleGuard::~HandleGuard() {
  environment_->handles_.erase(this);
}

Environment::Environment(Napi::Env env) : env_(env) {
  completions_ = Completions::New(env, "googlenet", /*maxQueueSize=*/0, /*initialThreadCount=*/1, this);
  completions_.Unref(env);
}

void Environment::create(Napi::Env env) {
  using Held = std::shared_ptr<Environment>;
  const auto environment = std::make_shared<Environment>(env);
  // Hooks run last in, first out: this one stops the threads before the hook of the thread-safe function
  // above closes that function, and before Node destroys the handles or libtorch its statics.
  auto hook = std::make_unique<Held>(environment);
  const auto on_end = [](void* raw) {
    const std::unique_ptr<Held> held(static_cast<Held*>(raw));
    for (const HandleGuard* handle : (*held)->handles_) handle->hold_();
    const auto now = std::chrono::steady_clock::now();
    // JavaScript may have waited already: not twice.
    (*held)->shut_down((*held)->closed() ? now : now + kShutdownTimeout);
    (*held)->adopted_.clear();  // no call can follow, and thread owners hold their environment
  };
  if (napi_add_env_cleanup_hook(env, on_end, hook.get()) != napi_ok) throw Napi::Error::New(env);
  hook.release();
  // Shared, because Node does not specify whether it destroys this before the handles that use it.
  auto data = std::make_unique<Held>(environment);
  env.SetInstanceData(data.get());
  data.release();
}

bool Environment::add(std::unique_ptr<Task> task, bool keep_alive) {
  if (closed_) return false;
  Task* key = task.get();
  tasks_.emplace(key, Entry{std::move(task), keep_alive});
  if (keep_alive && keep_alive_tasks_++ == 0) completions_.Ref(env_);
  return true;
}

std::unique_ptr<Task> Environment::take(Task* task) {
  const auto found = tasks_.find(task);
  if (found == tasks_.end()) return nullptr;
  Entry entry = std::move(found->second);
  tasks_.erase(found);
  if (entry.keep_alive && --keep_alive_tasks_ == 0) completions_.Unref(env_);
  return std::move(entry.task);
}

void Environment::complete(Task* task) {
  const std::lock_guard lock(completing_);
  if (!closed_) completions_.NonBlockingCall(task);
}

std::unique_ptr<Task> Environment::withdraw(Task* task) {
  return take(task);
}

void Environment::deliver(Napi::Env env, Napi::Function, Environment* self, Task* task) {
  if (static_cast<napi_env>(env) == nullptr) return;  // the environment is closing
  if (const auto taken = self->take(task)) taken->finish(env);
}

bool Environment::shut_down(core::Deadline deadline) {
  {
    const std::lock_guard lock(completing_);
    closed_ = true;
  }
  // Held here, because dropping a task may drop the last reference to an owner.
  std::vector<std::shared_ptr<ThreadOwner>> owners;
  for (ThreadOwner* owner : thread_owners_) {
    if (auto held = owner->weak_from_this().lock()) owners.push_back(std::move(held));
  }
  for (const auto& owner : owners) owner->request_stop();
  bool all_ended = true;
  for (const auto& owner : owners) {
    if (owner->join_until(deadline)) continue;
    all_ended = false;
    // Never freed: its thread may still use it, and this environment.
    new std::shared_ptr<ThreadOwner>(owner);
  }
  if (!all_ended) return false;
  if (std::exchange(keep_alive_tasks_, 0) > 0) completions_.Unref(env_);
  std::exchange(tasks_, {}).clear();
  return true;
}

}  // namespace googlenet::binding
