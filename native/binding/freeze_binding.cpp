#include "binding/freeze_binding.h"

#include <cstring>

#include "binding/classifier_handle.h"
#include "binding/network_options.h"
#include "core/error.h"
#include "infer/freeze/freeze.h"
#include "infer/freeze/portable.h"

namespace googlenet::binding {

using namespace lowering;

namespace {

struct Packed {
  Frozen frozen;
  std::unique_ptr<uint8_t[]> bytes;  // all weights and biases, each at a multiple of eight
  size_t size = 0;
};

size_t aligned(size_t size) {
  return (size + 7) / 8 * 8;
}

// All numbers side by side, and the layers borrow them from there.
Packed pack(Frozen frozen) {
  Packed packed = {std::move(frozen), nullptr, 0};
  Frozen& from = packed.frozen;
  for (const auto* tensors : {&from.weights, &from.biases, &from.scales}) {
    for (const torch::Tensor& tensor : *tensors)
      if (tensor.defined()) packed.size += aligned(tensor.nbytes());
  }
  packed.bytes = std::make_unique<uint8_t[]>(packed.size);
  uint8_t* next = packed.bytes.get();
  const auto append = [&](const torch::Tensor& tensor) {
    std::memcpy(next, tensor.const_data_ptr(), tensor.nbytes());
    return std::exchange(next, next + aligned(tensor.nbytes()));
  };
  for (size_t i = 0; i < from.weights.size(); ++i) {
    if (!from.weights[i].defined()) continue;
    Layer& layer = from.network.layers[i];
    layer.weights = reinterpret_cast<const std::byte*>(append(from.weights[i]));
    layer.bias = reinterpret_cast<const float*>(append(from.biases[i]));
    const bool has_scales = layer.weight_scales != nullptr;
    if (has_scales) layer.weight_scales = reinterpret_cast<const float*>(append(from.scales[i]));
  }
  from.weights.clear();
  from.biases.clear();
  from.scales.clear();
  return packed;
}

Napi::Value packed_to_js(Napi::Env env, Packed& packed) {
  const auto* first = reinterpret_cast<const std::byte*>(packed.bytes.get());
  Napi::Object result = Napi::Object::New(env);
  result["network"] = network_to_js(env, packed.frozen.network, first);
  const auto free = [](Napi::BasicEnv, void* kept) { delete[] static_cast<uint8_t*>(kept); };
  const auto memory = Napi::ArrayBuffer::New(env, packed.bytes.release(), packed.size, free);
  result["weights"] = Napi::Uint8Array::New(env, packed.size, memory, 0);
  return result;
}

std::shared_ptr<PortableImpl> engine_of(const Session& session) {
  return std::dynamic_pointer_cast<PortableImpl>(session.module);
}

}  // namespace

Napi::Value freeze_model(const Napi::CallbackInfo& info, Session& session) {
  const Options options(info);
  const Precision precision = read_precision(options);
  std::vector<float> highest;
  if (precision == Precision::kByte) {
    const ArrayView array = options.typed_array("highest");
    if (array.type != napi_float32_array)
      throw Error("INVALID_DTYPE", "Expected a Float32Array for highest.");
    const auto* numbers = static_cast<const float*>(array.data);
    highest.assign(numbers, numbers + array.elements);
  }
  return session.run(
      info.Env(),
      [precision, highest = std::move(highest), all_heads = options.boolean("allHeads")](Session& self) {
        return pack(freeze(*ClassifierHandle::model_of(self), precision, all_heads, highest));
      },
      packed_to_js);
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

PortableHandle::PortableHandle(const Napi::CallbackInfo& info) : Napi::ObjectWrap<PortableHandle>(info) {
  guarded(info, [&] {
    const Options options(info);
    auto module = std::make_shared<PortableImpl>(read_network(options));
    session_ = std::make_shared<Session>(info.Env(), c10::Device(c10::kCPU), 0);
    session_->set_module(info.Env(), std::move(module));
    return info.Env().Undefined();
  });
}

Napi::Value PortableHandle::ready(const Napi::CallbackInfo& info) {
  return guarded(info, [&] { return session_->run(info.Env(), [](Session&) {}); });
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
        });
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
    const auto found = cancellable_.find(Options(info).integer("id"));
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
    const Options options(info);
    const Network& network = engine_of(*session_)->network();
    const auto sizes = map_sizes(network, read_size(options));
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
    return result;
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
