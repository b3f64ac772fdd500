#include "binding/freeze_binding.h"

#include <cstring>

#include "binding/classifier_handle.h"
#include "binding/data_queue.h"
#include "binding/network_options.h"
#include "core/error.h"
#include "infer/freeze/freeze.h"
#include "infer/freeze/portable.h"

namespace googlenet::binding {

using namespace lowering;

namespace {

constexpr size_t kAlignment = 8;

size_t aligned(size_t size) {
  return (size + kAlignment - 1) / kAlignment * kAlignment;
}

// A frozen model, and where each of its tensors goes: all of them lie side by side in one buffer.
class Packing {
 public:
  explicit Packing(Frozen frozen) : frozen_(std::move(frozen)), offsets_(frozen_.network.layers.size()) {
    for (size_t i = 0; i < frozen_.weights.size(); ++i) {
      if (!frozen_.weights[i].defined()) continue;
      LayerOffsets& offsets = offsets_[i].emplace();
      offsets.weight = place(frozen_.weights[i]);
      offsets.bias = place(frozen_.biases[i]);
      if (frozen_.network.layers[i].weight_scales != nullptr) offsets.scale = place(frozen_.scales[i]);
    }
  }

  size_t size() const { return size_; }

  void copy_to(uint8_t* buffer) const {
    for (const auto& [tensor, offset] : places_)
      std::memcpy(buffer + offset, tensor.const_data_ptr(), tensor.nbytes());
  }

  Napi::Object network(Napi::Env env) const { return network_to_js(env, frozen_.network, offsets_); }

 private:
  int64_t place(const torch::Tensor& tensor) {
    const size_t offset = std::exchange(size_, size_ + aligned(tensor.nbytes()));
    places_.emplace_back(tensor, offset);
    return static_cast<int64_t>(offset);
  }

  Frozen frozen_;
  std::vector<std::optional<LayerOffsets>> offsets_;
  std::vector<std::pair<torch::Tensor, size_t>> places_;
  size_t size_ = 0;
};

// { network, weightBytes, copyWeights({ buffer }) }: the memory is the caller's, and filled by another
// thread.
Napi::Value packing_to_js(Napi::Env env, const std::shared_ptr<Packing>& packing) {
  Napi::Object result = Napi::Object::New(env);
  result["network"] = packing->network(env);
  result["weightBytes"] = static_cast<double>(packing->size());
  const auto copy = [packing](const Napi::CallbackInfo& info) {
    return guarded(info, [&] {
      const KeptBytes buffer(Options(info).byte_array("buffer"));
      if (buffer.size() != packing->size())
        throw core::Error("INVALID_SHAPE", "The buffer has another size than the weights.");
      return promise(info.Env(), DataQueue::of(info.Env()), /*threads=*/1,
                     [packing, buffer] { packing->copy_to(const_cast<uint8_t*>(buffer.data())); });
    });
  };
  result["copyWeights"] = Napi::Function::New(env, copy, "copyWeights");
  return result;
}

std::shared_ptr<PortableImpl> engine_of(const Session& session) {
  auto engine = std::dynamic_pointer_cast<PortableImpl>(session.module);
  if (!engine) throw core::Error("INVALID_ARGUMENT", "The engine could not be made; ready() says why.");
  return engine;
}

}  // namespace

Napi::Value freeze_model(const Napi::CallbackInfo& info, Session& session) {
  const Options options(info);
  const Precision precision = read_precision(options);
  std::vector<float> highest;
  if (precision == Precision::kByte) {
    const CallerArray array = options.typed_array("highest");
    if (array.type() != napi_float32_array)
      throw core::Error("INVALID_DTYPE", "Expected a Float32Array for highest.");
    const ArrayView view = array.view();
    const auto* numbers = static_cast<const float*>(view.data);
    highest.assign(numbers, numbers + view.elements);
  }
  return session.run(
      info.Env(),
      [precision, highest = std::move(highest), all_heads = options.boolean("allHeads")](Session& self) {
        return std::make_shared<Packing>(
            freeze(*ClassifierHandle::model_of(self), precision, all_heads, highest));
      },
      packing_to_js);
}

Napi::Function PortableHandle::define(Napi::Env env) {
  return DefineClass(
      env, "PortableEngine",
      {InstanceMethod<&PortableHandle::ready>("ready"), InstanceMethod<&PortableHandle::forward>("forward"),
       InstanceMethod<&PortableHandle::calibrate>("calibrate"),
       InstanceMethod<&PortableHandle::cancel>("cancel"),
       InstanceMethod<&PortableHandle::describe>("describe"),
       InstanceMethod<&PortableHandle::dispose>("dispose")});
}

// The weights are copied on the engine's thread.
PortableHandle::PortableHandle(const Napi::CallbackInfo& info) : Napi::ObjectWrap<PortableHandle>(info) {
  guarded(info, [&] {
    const Napi::Env env = info.Env();
    BorrowedNetwork borrowed = read_network(Options(info));
    check_portable(borrowed.network);
    network_ = borrowed.network;
    for (Layer& layer : network_.layers) {
      layer.weights = nullptr;
      layer.bias = layer.weight_scales = nullptr;
    }
    session_ = std::make_shared<Session>(env);
    const auto weights = std::make_shared<Napi::ObjectReference>(Napi::Persistent(borrowed.weights));
    const Napi::Value promise = session_->run(
        env,
        [network = std::move(borrowed.network), weights](Session& self) {
          self.module = std::make_shared<PortableImpl>(network);
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

Napi::Value PortableHandle::ready(const Napi::CallbackInfo& info) {
  return guarded(info, [&]() -> Napi::Value {
    session_->require_usable();
    if (preparation_.IsEmpty()) throw core::Error("INVALID_ARGUMENT", "ready() was called too late.");
    const Napi::Value promise = preparation_.Value();
    preparation_.Reset();
    return promise;
  });
}

Napi::Value PortableHandle::forward(const Napi::CallbackInfo& info) {
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
        [](Napi::Env env, const std::vector<torch::Tensor>& logits) {
          Napi::Array heads = Napi::Array::New(env, logits.size());
          for (uint32_t i = 0; i < logits.size(); ++i) heads[i] = tensor_to_js(env, logits[i]);
          return heads;
        },
        id);
  });
}

Napi::Value PortableHandle::calibrate(const Napi::CallbackInfo& info) {
  return guarded(info, [&] {
    const Options options(info);
    return session_->run(
        info.Env(),
        [images = copy_images(options), normalization = read_normalization(options)](Session& self) {
          std::vector<float> highest;
          engine_of(self)->forward(to_input(images, normalization, self), std::atomic<bool>(false), &highest);
          return highest;
        },
        [](Napi::Env env, const std::vector<float>& highest) {
          Napi::Float32Array numbers = Napi::Float32Array::New(env, highest.size());
          std::copy(highest.begin(), highest.end(), numbers.Data());
          return numbers;
        });
  });
}

Napi::Value PortableHandle::cancel(const Napi::CallbackInfo& info) {
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

Napi::Value PortableHandle::describe(const Napi::CallbackInfo& info) {
  return guarded(info, [&]() -> Napi::Value {
    session_->require_usable();
    const Napi::Env env = info.Env();
    const Network& network = network_;
    const auto sizes = map_sizes(network, read_size(Options(info)));
    Napi::Array steps = Napi::Array::New(env, network.layers.size());
    for (uint32_t i = 0; i < network.layers.size(); ++i) {
      const Layer& layer = network.layers[i];
      const bool has_weights = layer.kind == Layer::Kind::kConvolution;
      const kernels::Size size = sizes[static_cast<size_t>(layer.output)];
      const int64_t weights = has_weights ? number_of_weights(network, layer) : 0;
      Napi::Object step = Napi::Object::New(env);
      step["name"] = layer.name;
      step["kernel"] = "libtorch";
      step["phase"] = i;
      step["multiplyAdds"] = static_cast<double>(weights * size.height * size.width);
      step["weightBytes"] = static_cast<double>(weights * size_of_weight(network, layer));
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

Napi::Value PortableHandle::dispose(const Napi::CallbackInfo& info) {
  return guarded(info, [&] {
    session_->dispose(info.Env());
    return info.Env().Undefined();
  });
}

void PortableHandle::Finalize(Napi::Env env) {
  if (session_) session_->dispose(env);
}

}  // namespace googlenet::binding
