#include "binding/lowering_binding.h"

#include <cstring>

#include "binding/classifier_handle.h"
#include "binding/data_queue.h"
#include "binding/kept_bytes.h"
#include "binding/network_options.h"
#include "core/error.h"
#include "lowering/lower.h"

namespace googlenet::binding {

namespace {

// Every tensor begins at a multiple of this, because engines read weights in place.
constexpr size_t kAlignment = 8;

size_t aligned(size_t size) {
  return (size + kAlignment - 1) / kAlignment * kAlignment;
}

// A lowered model, and the offset of each of its tensors in one buffer.
class PackedWeights {
 public:
  explicit PackedWeights(lowering::Lowered lowered)
      : lowered_(std::move(lowered)), offsets_(lowered_.network.layers.size()) {
    for (size_t i = 0; i < lowered_.weights.size(); ++i) {
      if (!lowered_.weights[i].defined()) continue;
      LayerOffsets& offsets = offsets_[i].emplace();
      offsets.weight = place(lowered_.weights[i]);
      offsets.bias = place(lowered_.biases[i]);
      if (lowered_.network.layers[i].weight_scales != nullptr) offsets.scale = place(lowered_.scales[i]);
    }
  }

  size_t size() const { return size_; }

  void copy_to(uint8_t* buffer) const {
    for (const auto& [tensor, offset] : places_)
      std::memcpy(buffer + offset, tensor.const_data_ptr(), tensor.nbytes());
  }

  Napi::Object network(Napi::Env env) const { return network_to_js(env, lowered_.network, offsets_); }

 private:
  int64_t place(const torch::Tensor& tensor) {
    const size_t offset = std::exchange(size_, size_ + aligned(tensor.nbytes()));
    places_.emplace_back(tensor, offset);
    return static_cast<int64_t>(offset);
  }

  lowering::Lowered lowered_;
  std::vector<std::optional<LayerOffsets>> offsets_;  // by layer
  std::vector<std::pair<torch::Tensor, size_t>> places_;
  size_t size_ = 0;
};

// { network, weightBytes, copyWeights({ buffer }) }. The caller allocates the buffer, and another thread
// fills it.
Napi::Value to_js(Napi::Env env, const std::shared_ptr<PackedWeights>& packed) {
  Napi::Object result = Napi::Object::New(env);
  result["network"] = packed->network(env);
  result["weightBytes"] = static_cast<double>(packed->size());
  const auto copy = [packed](const Napi::CallbackInfo& info) {
    return guarded(info, [&] {
      const KeptBytes buffer(Options(info).byte_array("buffer"));
      if (buffer.size() != packed->size())
        throw core::Error("INVALID_SHAPE", "The buffer has another size than the weights.");
      return DataQueue::run(info.Env(), [packed, buffer] { packed->copy_to(buffer.mutable_data()); });
    });
  };
  result["copyWeights"] = Napi::Function::New(env, copy, "copyWeights");
  return result;
}

std::vector<float> copy_amax(const Options& options) {
  const CallerArray array = options.typed_array("amax");
  if (array.type() != napi_float32_array)
    throw core::Error("INVALID_DTYPE", "Expected a Float32Array for amax.");
  const ArrayView view = array.view();
  const auto* values = static_cast<const float*>(view.data);
  return {values, values + view.elements};
}

}  // namespace

Napi::Value lower_model(const Napi::CallbackInfo& info, Session& session) {
  const Options options(info);
  lowering::LoweringOptions lowering_options = {read_precision(options), options.boolean("allHeads"), {}};
  if (lowering_options.precision == infer::Precision::kInt8) lowering_options.amax = copy_amax(options);
  return session.run(
      info.Env(),
      [lowering_options = std::move(lowering_options)](Session& self) {
        return std::make_shared<PackedWeights>(
            lowering::lower(*ClassifierHandle::model_of(self), lowering_options));
      },
      [](Napi::Env env, const std::shared_ptr<PackedWeights>& packed) { return to_js(env, packed); });
}

}  // namespace googlenet::binding
