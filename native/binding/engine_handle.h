#pragma once

#include <memory>
#include <unordered_map>
#include <unordered_set>

#include "binding/network_options.h"
#include "infer/engine.h"

namespace googlenet::binding {

// The JavaScript object of an engine. It knows no Environment, so that an addon without libtorch can have it.
class EngineHandle : public Napi::ObjectWrap<EngineHandle> {
 public:
  static Napi::Function define(Napi::Env env);
  explicit EngineHandle(const Napi::CallbackInfo& info);
  void Finalize(Napi::Env env) override;

  // Stops the threads of all engines of an environment; their promises never settle.
  static void shut_down(Napi::Env env);

 private:
  using Handles = std::unordered_set<EngineHandle*>;  // of an environment
  struct Work;
  static void deliver(Napi::Env env, Napi::Function, EngineHandle* self, Work* work);
  using Completions = Napi::TypedThreadSafeFunction<EngineHandle, Work, &EngineHandle::deliver>;

  Napi::Value ready(const Napi::CallbackInfo& info);
  Napi::Value forward(const Napi::CallbackInfo& info);
  Napi::Value cancel(const Napi::CallbackInfo& info);
  Napi::Value describe(const Napi::CallbackInfo& info);
  Napi::Value profile(const Napi::CallbackInfo& info);
  Napi::Value dispose(const Napi::CallbackInfo& info);

  void start(const Napi::CallbackInfo& info);
  Work* begin_work();
  void end_work(Napi::Env env, Work* work);
  std::function<void(const std::exception_ptr&)> delivery_of(Work* work);
  std::shared_ptr<Request> read_request(const Options& options);
  void require_usable() const;
  void report_memory(Napi::Env env, int64_t bytes);
  static void on_environment_end(void* self);
  void end_for_good(Napi::Env env);

  // What is on its way to the engine's thread and back; outlives the engine, which calls back into it.
  std::unordered_map<Work*, std::unique_ptr<Work>> pending_;
  Completions completions_;
  std::unique_ptr<Engine> engine_;
  Napi::ObjectReference weights_;  // borrowed until the engine is ready
  // The promise of ready(). The handle of a value, as a Deferred has it, ends with the call that made it.
  Napi::ObjectReference preparation_;
  std::vector<int> classes_;  // of each head
  std::vector<std::byte>
      spare_;  // memory of earlier pictures: the first touch of fresh one costs more than the copy
  std::unordered_map<int64_t, std::weak_ptr<Request>> cancellable_;
  int64_t reported_bytes_ = 0;  // native memory that V8 knows of, so that it collects engines in time
  bool is_ready_ = false;
  bool disposed_ = false;
  bool ended_ = false;  // nothing of Node's may be touched any more
};

}  // namespace googlenet::binding
