#include "binding/engine_handle.h"

#include <algorithm>
#include <utility>

#include "binding/engine_description.h"
#include "core/error.h"

namespace googlenet::binding {

namespace {

constexpr int kMaxThreads = 256;
constexpr int kMaxKeepMemoryMs = 1 << 30;

kernels::InstructionSet instruction_set_named(const std::string& name, Precision precision) {
  for (const kernels::InstructionSet set : kernels::kInstructionSets) {
    if (name == kernels::name_of(set)) {
      if (can_compute(set, precision)) return set;
      throw core::Error("UNSUPPORTED", "This machine has no " + name + " for this precision.");
    }
  }
  throw core::Error("INVALID_ARGUMENT", "There is no instruction set '" + name + "'.");
}

int small_positive(const Options& options, const char* name, int max) {
  const int64_t value = options.integer(name);
  if (value < 1 || value > max)
    throw core::Error("INVALID_ARGUMENT", std::string("Expected an integer in [1, ") + std::to_string(max) +
                                              "] for " + name + ".");
  return static_cast<int>(value);
}

}  // namespace

Napi::Function EngineHandle::define(Napi::Env env) {
  return DefineClass(
      env, "Engine",
      {InstanceMethod<&EngineHandle::ready>("ready"), InstanceMethod<&EngineHandle::forward>("forward"),
       InstanceMethod<&EngineHandle::cancel>("cancel"), InstanceMethod<&EngineHandle::describe>("describe"),
       InstanceMethod<&EngineHandle::profile>("profile"),
       InstanceMethod<&EngineHandle::working_bytes>("workingBytes"),
       InstanceMethod<&EngineHandle::dispose>("dispose")});
}

EngineHandle::EngineHandle(const Napi::CallbackInfo& info) : Handle(info) {
  guarded(info, [&] {
    const Options options(info);
    const std::string instruction_set = options.string("instructionSet");
    const bool winograd = options.boolean("winograd");
    const int threads = small_positive(options, "threads", kMaxThreads);
    const int max_batch = small_positive(options, "maxBatch", 1 << 16);
    const std::chrono::milliseconds keep_memory(small_positive(options, "keepMemoryMs", kMaxKeepMemoryMs));
    BorrowedNetwork borrowed = read_network(options);
    const Engine::Options engine_options = {
        {instruction_set_named(instruction_set, borrowed.network.precision), winograd},
        threads,
        max_batch,
        keep_memory};
    session_ = EngineSession::start(info.Env(), std::move(borrowed.network), engine_options,
                                    std::move(borrowed.weights));
    return info.Env().Undefined();
  });
}

Napi::Value EngineHandle::ready(const Napi::CallbackInfo& info) {
  return guarded(info, [&]() -> Napi::Value {
    session_->require_usable();
    const Napi::ObjectReference& preparation = session_->preparation;
    if (preparation.IsEmpty()) throw core::Error("INVALID_ARGUMENT", "ready() was called too late.");
    return preparation.Value();
  });
}

std::shared_ptr<Request> EngineHandle::read_request(const Options& options) {
  const CallerArray array = options.typed_array("images");
  const std::vector<int64_t> shape = shape_of_images(options, array);
  auto request = std::make_shared<Request>();
  request->is_uint8 = array.is_bytes();
  if (shape[0] < 1 || shape[0] > 1 << 20)
    throw core::Error("INVALID_SHAPE", "A batch has 1 to 1048576 images.");
  request->count = static_cast<int>(shape[0]);
  request->size = request->is_uint8 ? to_size(shape[1], shape[2]) : to_size(shape[2], shape[3]);
  if (request->is_uint8) {
    const auto mean = options.channels("mean"), std = options.channels("std");
    for (int c = 0; c < 3; ++c) {
      request->scale[c] = 1 / (255 * std[c]);
      request->shift[c] = -mean[c] / std[c];
    }
  } else {
    std::fill_n(request->scale, 3, 1.f);
    std::fill_n(request->shift, 3, 0.f);
  }
  const ArrayView view = array.view();
  require_length(view, shape);
  for (const int classes : session_->classes) {
    const size_t values = static_cast<size_t>(request->count) * static_cast<size_t>(classes);
    request->logits.push_back(std::unique_ptr<float[]>(new float[values]));
  }
  request->pixels = std::exchange(session_->spare, {});
  const auto* first = static_cast<const std::byte*>(view.data);
  request->pixels.assign(first, first + view.bytes);
  return request;
}

Napi::Value EngineHandle::forward(const Napi::CallbackInfo& info) {
  return guarded(info, [&]() -> Napi::Value {
    session_->require_usable();
    const Options options(info);
    session_->engine.wake();
    const int64_t id = options.integer("id");
    return session_->forward(info.Env(), read_request(options), id);
  });
}

Napi::Value EngineHandle::cancel(const Napi::CallbackInfo& info) {
  return guarded(info, [&] {
    session_->cancel(Options(info).integer("id"));
    return info.Env().Undefined();
  });
}

Napi::Value EngineHandle::describe(const Napi::CallbackInfo& info) {
  return guarded(info, [&] {
    const kernels::Size size = read_size(Options(info));
    return session_->run(
        info.Env(), [size](const Engine& engine) { return binding::describe(engine, size); },
        description_to_js);
  });
}

Napi::Value EngineHandle::working_bytes(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), static_cast<double>(session_->engine.working_bytes()));
}

Napi::Value EngineHandle::profile(const Napi::CallbackInfo& info) {
  return guarded(info, [&] {
    const Options options(info);
    const kernels::Size size = read_size(options);
    const int runs = small_positive(options, "runs", 1 << 16);
    return session_->run(
        info.Env(), [size, runs](const Engine& engine) { return measure_steps(engine, size, runs); },
        [](Napi::Env env, const std::vector<double>& times) {
          Napi::Float64Array array = Napi::Float64Array::New(env, times.size());
          std::copy(times.begin(), times.end(), array.Data());
          return array;
        });
  });
}

Napi::Value EngineHandle::dispose(const Napi::CallbackInfo& info) {
  return guarded(info, [&] {
    session_->dispose(info.Env());
    return info.Env().Undefined();
  });
}

void EngineHandle::Finalize(Napi::Env env) {
  if (session_) session_->forget_memory(env);
}

}  // namespace googlenet::binding
