#include "binding/engine_handle.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "core/error.h"

namespace googlenet::binding {

// On its way to the engine's thread and back. Has nothing that must be destroyed on the JavaScript thread.
struct EngineHandle::Work {
  explicit Work(Napi::Env env) : deferred(Napi::Promise::Deferred::New(env)) {}

  Napi::Promise::Deferred deferred;  // its promise is only to be had in the call that made it
  std::shared_ptr<Request> request;
  std::vector<double> times;  // of a profile
  bool is_preparation = false;
  int64_t id = 0;  // by which it can be cancelled; 0 for none
  std::exception_ptr error;
};

namespace {

constexpr int kMostThreads = 256;
constexpr size_t kMostSpare = size_t{4} << 20;

kernels::Tier read_tier(const Options& options, Precision precision) {
  const std::string name = options.string("tier");
  for (const kernels::Tier tier : {kernels::Tier::kAvx2, kernels::Tier::kAvx512, kernels::Tier::kAmx}) {
    if (name == kernels::name_of(tier)) {
      if (can_compute(tier, precision)) return tier;
      throw Error("UNSUPPORTED", "This machine has no " + name + " for this precision.");
    }
  }
  throw Error("INVALID_ARGUMENT", "There is no tier '" + name + "'.");
}

int small_positive(const Options& options, const char* name, int most) {
  const int64_t number = options.integer(name);
  if (number < 1 || number > most)
    throw Error("INVALID_ARGUMENT",
                std::string("Expected an integer in [1, ") + std::to_string(most) + "] for " + name + ".");
  return static_cast<int>(number);
}

// Few numbers are copied, which is cheaper than telling V8 of foreign memory. Of many there is no second
// copy, for which V8 might have no memory and end the process.
Napi::ArrayBuffer memory_of(Napi::Env env, std::unique_ptr<float[]> numbers, size_t bytes) {
  constexpr size_t kMostCopied = size_t{1} << 16;
  if (bytes > kMostCopied) {
    const auto free = [](Napi::BasicEnv, void* kept) { delete[] static_cast<float*>(kept); };
    return Napi::ArrayBuffer::New(env, numbers.release(), bytes, free);
  }
  auto memory = Napi::ArrayBuffer::New(env, bytes);
  std::memcpy(memory.Data(), numbers.get(), bytes);
  return memory;
}

// [n, classes], in memory that the engine has filled.
Napi::Value logits_to_js(Napi::Env env, std::unique_ptr<float[]> logits, int count, int classes) {
  const size_t numbers = static_cast<size_t>(count) * static_cast<size_t>(classes);
  const Napi::ArrayBuffer memory = memory_of(env, std::move(logits), numbers * sizeof(float));
  Napi::Array shape = Napi::Array::New(env, 2);
  shape[0u] = count;
  shape[1u] = classes;
  Napi::Object tensor = Napi::Object::New(env);
  tensor["data"] = Napi::Float32Array::New(env, numbers, memory, 0);
  tensor["shape"] = shape;
  return tensor;
}

}  // namespace

Napi::Function EngineHandle::define(Napi::Env env) {
  env.SetInstanceData(new Handles());
  return DefineClass(
      env, "Engine",
      {InstanceMethod<&EngineHandle::ready>("ready"), InstanceMethod<&EngineHandle::forward>("forward"),
       InstanceMethod<&EngineHandle::cancel>("cancel"), InstanceMethod<&EngineHandle::describe>("describe"),
       InstanceMethod<&EngineHandle::profile>("profile"), InstanceMethod<&EngineHandle::dispose>("dispose")});
}

EngineHandle::EngineHandle(const Napi::CallbackInfo& info) : Napi::ObjectWrap<EngineHandle>(info) {
  guarded(info, [&] {
    start(info);
    return info.Env().Undefined();
  });
}

void EngineHandle::start(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const Options options(info);
  Network network = read_network(options);
  const Engine::Options wanted = {{read_tier(options, network.precision), options.boolean("winograd")},
                                  small_positive(options, "threads", kMostThreads),
                                  small_positive(options, "maxBatch", 1 << 16)};
  for (const int head : network.heads) classes_.push_back(network.values[static_cast<size_t>(head)].channels);
  weights_ = Napi::Persistent(options.value("weights").As<Napi::Object>());

  completions_ =
      Completions::New(env, "googlenet engine", /*maxQueueSize=*/0, /*initialThreadCount=*/1, this);
  completions_.Unref(env);
  // Hooks run last in, first out: this one ends the engine's threads before that of the thread-safe function
  // closes it.
  napi_add_env_cleanup_hook(env, on_environment_end, this);
  env.GetInstanceData<Handles>()->insert(this);

  Work* work = begin_work();
  work->is_preparation = true;
  preparation_ = Napi::Persistent<Napi::Object>(work->deferred.Promise());
  try {
    engine_ = std::make_unique<Engine>(std::move(network), wanted, delivery_of(work));
  } catch (...) {
    end_work(env, work);
    end_for_good(env);
    throw;
  }
}

// The handle lives, and the process too, until what has begun is delivered.
EngineHandle::Work* EngineHandle::begin_work() {
  if (pending_.empty()) {
    Ref();
    completions_.Ref(Env());
  }
  auto work = std::make_unique<Work>(Env());
  Work* key = work.get();
  pending_.emplace(key, std::move(work));
  return key;
}

void EngineHandle::end_work(Napi::Env env, Work* work) {
  pending_.erase(work);
  if (!pending_.empty()) return;
  completions_.Unref(env);
  Unref();
  if (disposed_) end_for_good(env);
}

std::function<void(const std::exception_ptr&)> EngineHandle::delivery_of(Work* work) {
  return [this, work](const std::exception_ptr& error) {
    work->error = error;
    completions_.NonBlockingCall(work);
  };
}

void EngineHandle::deliver(Napi::Env env, Napi::Function, EngineHandle* self, Work* work) {
  if (static_cast<napi_env>(env) == nullptr) return;  // the environment is closing
  const Napi::HandleScope scope(env);
  if (work->id != 0) self->cancellable_.erase(work->id);
  try {
    if (work->is_preparation) {
      self->weights_.Reset();
      self->preparation_.Reset();
      self->is_ready_ = work->error == nullptr;
      // One that is disposed already may have freed it.
      if (self->is_ready_ && !self->disposed_) self->report_memory(env, self->engine_->packed().bytes());
    }
    if (work->error) {
      work->deferred.Reject(to_js_error(env, report(work->error)).Value());
    } else if (work->is_preparation) {
      work->deferred.Resolve(env.Undefined());
    } else if (!work->request) {
      Napi::Float64Array times = Napi::Float64Array::New(env, work->times.size());
      std::copy(work->times.begin(), work->times.end(), times.Data());
      work->deferred.Resolve(times);
    } else {
      Request& request = *work->request;
      if (request.pixels.capacity() <= kMostSpare) self->spare_ = std::move(request.pixels);
      Napi::Array heads = Napi::Array::New(env, request.logits.size());
      for (uint32_t head = 0; head < request.logits.size(); ++head)
        heads[head] = logits_to_js(env, std::move(request.logits[head]), request.count, self->classes_[head]);
      work->deferred.Resolve(heads);
    }
  } catch (const Napi::Error& error) {
    work->deferred.Reject(error.Value());
  } catch (...) {
    work->deferred.Reject(to_js_error(env, report(std::current_exception())).Value());
  }
  self->end_work(env, work);
}

void EngineHandle::report_memory(Napi::Env env, int64_t bytes) {
  reported_bytes_ += bytes;
  Napi::MemoryManagement::AdjustExternalMemory(env, bytes);
}

void EngineHandle::require_usable() const {
  if (disposed_ || ended_) throw Error("DISPOSED", "This engine was disposed. Make or load a new one.");
}

Napi::Value EngineHandle::ready(const Napi::CallbackInfo& info) {
  return guarded(info, [&]() -> Napi::Value {
    require_usable();
    if (preparation_.IsEmpty()) throw Error("INVALID_ARGUMENT", "ready() was called too late.");
    return preparation_.Value();
  });
}

std::shared_ptr<Request> EngineHandle::read_request(const Options& options) {
  const ArrayView array = options.typed_array("images");
  const std::vector<int64_t> shape = shape_of_images(options, array);
  auto request = std::make_shared<Request>();
  request->is_bytes = array.is_bytes();
  if (shape[0] < 1 || shape[0] > 1 << 20) throw Error("INVALID_SHAPE", "A batch has 1 to 1048576 pictures.");
  request->count = static_cast<int>(shape[0]);
  request->size = request->is_bytes ? to_size(shape[1], shape[2]) : to_size(shape[2], shape[3]);
  if (request->is_bytes) {
    const auto mean = options.channels("mean"), std = options.channels("std");
    for (int c = 0; c < 3; ++c) {
      request->scale[c] = 1 / (255 * std[c]);
      request->shift[c] = -mean[c] / std[c];
    }
  } else {
    std::fill_n(request->scale, 3, 1.f);
    std::fill_n(request->shift, 3, 0.f);
  }
  for (const int classes : classes_) {
    const size_t numbers = static_cast<size_t>(request->count) * static_cast<size_t>(classes);
    request->logits.push_back(std::make_unique_for_overwrite<float[]>(numbers));
  }
  request->pixels = std::exchange(spare_, {});
  const auto* first = static_cast<const std::byte*>(array.data);
  request->pixels.assign(first, first + array.bytes);
  return request;
}

Napi::Value EngineHandle::forward(const Napi::CallbackInfo& info) {
  return guarded(info, [&]() -> Napi::Value {
    require_usable();
    const Options options(info);
    engine_->rouse();
    std::shared_ptr<Request> request = read_request(options);
    const int64_t id = options.integer("id");
    Work* work = begin_work();
    work->request = request;
    work->id = id;
    request->on_done = delivery_of(work);
    const Napi::Promise promise = work->deferred.Promise();
    try {
      if (id != 0) cancellable_[id] = request;
      if (!engine_->submit(request))
        throw Error("DISPOSED", "This engine has ended. Make or load a new one.");
    } catch (...) {
      end_work(info.Env(), work);
      throw;
    }
    return promise;
  });
}

Napi::Value EngineHandle::cancel(const Napi::CallbackInfo& info) {
  return guarded(info, [&] {
    const auto found = cancellable_.find(Options(info).integer("id"));
    if (found != cancellable_.end() && !ended_) {
      if (const auto request = found->second.lock()) engine_->cancel(request);
    }
    return info.Env().Undefined();
  });
}

Napi::Value EngineHandle::describe(const Napi::CallbackInfo& info) {
  return guarded(info, [&]() -> Napi::Value {
    require_usable();
    if (!is_ready_) throw Error("INVALID_ARGUMENT", "The engine is not ready.");
    const Napi::Env env = info.Env();
    const Options options(info);
    const Plan plan(engine_->packed(), read_size(options), engine_->options().threads);
    Napi::Array steps = Napi::Array::New(env);
    for (size_t phase = 0; phase < plan.phases().size(); ++phase) {
      for (const auto& operation : plan.phases()[phase]) {
        if (operation->name.empty()) continue;
        Napi::Object step = Napi::Object::New(env);
        step["name"] = operation->name;
        step["kernel"] = operation->kernel;
        step["phase"] = static_cast<double>(phase);
        step["multiplyAdds"] = static_cast<double>(operation->multiply_adds);
        step["weightBytes"] = static_cast<double>(operation->bytes);
        steps[steps.Length()] = step;
      }
    }
    Napi::Object result = Napi::Object::New(env);
    result["steps"] = steps;
    result["arenaBytes"] = static_cast<double>(plan.arena_bytes());
    return result;
  });
}

Napi::Value EngineHandle::profile(const Napi::CallbackInfo& info) {
  return guarded(info, [&]() -> Napi::Value {
    require_usable();
    if (!is_ready_) throw Error("INVALID_ARGUMENT", "The engine is not ready.");
    const Options options(info);
    const kernels::Size size = read_size(options);
    const int runs = small_positive(options, "runs", 1 << 16);
    auto plan = std::make_shared<Plan>(engine_->packed(), size, engine_->options().threads);
    Work* work = begin_work();
    const auto deliver = delivery_of(work);
    const bool is_accepted = engine_->post([this, work, deliver, plan, size, runs] {
      std::exception_ptr error;
      try {
        const auto times = engine_->profile(*plan, size, runs);
        for (size_t phase = 0; phase < times.size(); ++phase)
          for (size_t i = 0; i < times[phase].size(); ++i)
            if (!plan->phases()[phase][i]->name.empty()) work->times.push_back(times[phase][i]);
      } catch (...) {
        error = std::current_exception();
      }
      deliver(error);
    });
    if (!is_accepted) {
      end_work(info.Env(), work);
      throw Error("DISPOSED", "This engine has ended. Make or load a new one.");
    }
    return work->deferred.Promise();
  });
}

Napi::Value EngineHandle::dispose(const Napi::CallbackInfo& info) {
  return guarded(info, [&] {
    if (!disposed_ && !ended_) {
      disposed_ = true;
      engine_->close();
      if (pending_.empty()) end_for_good(info.Env());
    }
    return info.Env().Undefined();
  });
}

void EngineHandle::on_environment_end(void* self) {
  auto* handle = static_cast<EngineHandle*>(self);
  handle->ended_ = true;
  if (handle->engine_) handle->engine_->stop();
}

void EngineHandle::shut_down(Napi::Env env) {
  for (EngineHandle* handle : *env.GetInstanceData<Handles>()) on_environment_end(handle);
}

// With nothing pending: the engine's thread will not call back any more.
void EngineHandle::end_for_good(Napi::Env env) {
  if (ended_) return;
  ended_ = true;
  report_memory(env, -reported_bytes_);
  napi_remove_env_cleanup_hook(env, on_environment_end, this);
  env.GetInstanceData<Handles>()->erase(this);
  completions_.Release();
}

void EngineHandle::Finalize(Napi::Env env) {
  if (engine_) engine_->stop();
  end_for_good(env);
}

}  // namespace googlenet::binding
