#include "binding/libtorch_engine_handle.h"

#include "binding/classifier_handle.h"
#include "binding/network_options.h"
#include "binding/tensor_options.h"
#include "binding/tensor_results.h"
#include "core/error.h"
#include "lowering/libtorch_engine.h"

namespace googlenet::binding {

using lowering::LibtorchEngine;

namespace {

std::shared_ptr<LibtorchEngine> engine_of(const Session& session) {
  auto engine = std::dynamic_pointer_cast<LibtorchEngine>(session.module);
  if (!engine) throw core::Error("INVALID_ARGUMENT", "The engine could not be made; ready() says why.");
  return engine;
}

}  // namespace

Napi::Function LibtorchEngineHandle::define(Napi::Env env) {
  return DefineClass(env, "LibtorchEngine",
                     {InstanceMethod<&LibtorchEngineHandle::ready>("ready"),
                      InstanceMethod<&LibtorchEngineHandle::forward>("forward"),
                      InstanceMethod<&LibtorchEngineHandle::calibrate>("calibrate"),
                      InstanceMethod<&LibtorchEngineHandle::cancel>("cancel"),
                      InstanceMethod<&LibtorchEngineHandle::describe>("describe"),
                      InstanceMethod<&LibtorchEngineHandle::dispose>("dispose")});
}

// The engine's thread copies the weights.
LibtorchEngineHandle::LibtorchEngineHandle(Info info) : Handle(info) {
  guarded(info, [&] {
    const Napi::Env env = info.Env();
    BorrowedNetwork borrowed = read_network(Options(info));
    LibtorchEngine::require_supported(borrowed.network);
    network_ = borrowed.network;
    for (infer::Layer& layer : network_.layers) {
      layer.weights = nullptr;
      layer.bias = layer.weight_scales = nullptr;
    }
    session_ = std::make_shared<Session>(env);
    const auto weights = std::make_shared<Napi::ObjectReference>(Napi::Persistent(borrowed.weights));
    const Napi::Value promise = session_->run(
        env,
        [network = std::move(borrowed.network), weights](Session& self) {
          self.module = std::make_shared<LibtorchEngine>(network);
          return bytes_of(*self.module);
        },
        [session = session_](Napi::Env scope, int64_t bytes) {
          session->report_memory(scope, bytes);
          return scope.Undefined();
        });
    preparation_ = Napi::Persistent(promise.As<Napi::Object>());
    return env.Undefined();
  });
}

Napi::Value LibtorchEngineHandle::ready(Info info) {
  return guarded(info, [&]() -> Napi::Value {
    session_->require_usable();
    if (preparation_.IsEmpty()) throw core::Error("INVALID_ARGUMENT", "ready() was called too late.");
    const Napi::Value promise = preparation_.Value();
    preparation_.Reset();
    return promise;
  });
}

Napi::Value LibtorchEngineHandle::forward(Info info) {
  return guarded(info, [&] {
    const Options options(info);
    auto cancelled = std::make_shared<std::atomic<bool>>(false);
    const int64_t id = options.integer("id");
    std::erase_if(cancellable_, [](const auto& one) { return one.second.expired(); });
    if (id != 0) cancellable_[id] = cancelled;
    return session_->run(
        info.Env(),
        [images = copy_images(options), normalization = read_normalization(options),
         cancelled](Session& self) {
          return engine_of(self)->forward(to_input(images, normalization, self), *cancelled);
        },
        tensors_to_js, id);
  });
}

Napi::Value LibtorchEngineHandle::calibrate(Info info) {
  return guarded(info, [&] {
    const Options options(info);
    return session_->run(
        info.Env(),
        [images = copy_images(options), normalization = read_normalization(options)](Session& self) {
          std::vector<float> amax;
          engine_of(self)->forward(to_input(images, normalization, self), std::atomic<bool>(false), &amax);
          return amax;
        },
        [](Napi::Env env, const std::vector<float>& amax) {
          Napi::Float32Array array = Napi::Float32Array::New(env, amax.size());
          std::copy(amax.begin(), amax.end(), array.Data());
          return array;
        });
  });
}

Napi::Value LibtorchEngineHandle::cancel(Info info) {
  return guarded(info, [&] {
    const int64_t id = Options(info).integer("id");
    if (cancel_work(info.Env(), session_->queue, id)) return info.Env().Undefined();
    const auto found = cancellable_.find(id);
    if (found != cancellable_.end()) {
      if (const auto cancelled = found->second.lock()) *cancelled = true;
    }
    return info.Env().Undefined();
  });
}

Napi::Value LibtorchEngineHandle::describe(Info info) {
  return guarded(info, [&]() -> Napi::Value {
    session_->require_usable();
    const Napi::Env env = info.Env();
    const infer::Network& network = network_;
    const auto sizes = tensor_sizes(network, read_size(Options(info)));
    Napi::Array steps = Napi::Array::New(env, network.layers.size());
    for (uint32_t i = 0; i < network.layers.size(); ++i) {
      const infer::Layer& layer = network.layers[i];
      const bool has_weights = layer.kind == infer::Layer::Kind::kConvolution;
      const kernels::Size size = sizes[static_cast<size_t>(layer.output)];
      const int64_t weights = has_weights ? infer::weight_count(network, layer) : 0;
      Napi::Object step = Napi::Object::New(env);
      step["name"] = layer.name;
      step["kernel"] = "libtorch";
      step["phase"] = i;
      step["multiplyAdds"] = static_cast<double>(weights * size.height * size.width);
      step["weightBytes"] = static_cast<double>(weights * infer::weight_size(network, layer));
      steps[i] = step;
    }
    Napi::Object result = Napi::Object::New(env);
    result["steps"] = steps;
    result["arenaBytes"] = 0;
    const auto answer = Napi::Promise::Deferred::New(env);
    answer.Resolve(result);
    return answer.Promise();
  });
}

Napi::Value LibtorchEngineHandle::dispose(Info info) {
  return guarded(info, [&] {
    session_->dispose(info.Env());
    return info.Env().Undefined();
  });
}

void LibtorchEngineHandle::Finalize(Napi::Env env) {
  if (session_) session_->dispose(env);
}

}  // namespace googlenet::binding
