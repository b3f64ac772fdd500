#include "binding/session.h"

#include <torch/types.h>

#include <cstring>

#include "core/error.h"

namespace googlenet {

namespace {

// Frees a disposed module where freeing tens of megabytes disturbs nobody.
class Release : public Task {
 public:
  explicit Release(std::shared_ptr<Session> session) : session_(std::move(session)) {}
  void work() override { session_->module.reset(); }
  void finish(Napi::Env) override {}

 private:
  std::shared_ptr<Session> session_;
};

int64_t bytes_of(const torch::nn::Module& module) {
  int64_t bytes = 0;
  for (const auto& [name, tensor] : state_dict(module)) bytes += static_cast<int64_t>(tensor.nbytes());
  return bytes;
}

}  // namespace

Session::Session(Napi::Env env, c10::Device on, uint64_t seed)
    : device(on), random(make_random_source(on, seed)), environment_(Environment::of(env)) {
  environment_->track(this);
}

Session::~Session() {
  environment_->untrack(this);
  queue.stop();
}

void Session::require_usable() const {
  if (disposed_) throw Error("DISPOSED", "This model was disposed. Create or load a new one.");
}

void Session::set_module(Napi::Env env, std::shared_ptr<torch::nn::Module> created) {
  module = std::move(created);
  reported_bytes_ = bytes_of(*module);
  Napi::MemoryManagement::AdjustExternalMemory(env, reported_bytes_);
}

void Session::dispose(Napi::Env env) {
  if (disposed_) return;
  disposed_ = true;
  if (environment_->closed()) return;
  Napi::MemoryManagement::AdjustExternalMemory(env, -reported_bytes_);
  environment_->submit(queue, std::make_unique<Release>(shared_from_this()), /*keep_alive=*/false);
}

Napi::Value copy_out(Napi::Env env, Session& session, const Options& options, TensorsOf tensors_of) {
  const Bytes buffer = options.bytes("buffer");
  return session.run(env, [spans = options.spans("spans"), buffer, keeper = keep(options.value("buffer")),
                           tensors_of = std::move(tensors_of)](Session& self) {
    snapshot(tensors_of(self), spans, const_cast<uint8_t*>(buffer.data), buffer.size);
  });
}

Napi::Value copy_in(Napi::Env env, Session& session, const Options& options, TensorsOf tensors_of) {
  const Options source(options.object("source"));
  std::vector<TensorSpan> spans = options.spans("spans");
  if (source.has("path")) {
    return session.run(
        env, [spans = std::move(spans), path = source.string("path"),
              tensors_of = std::move(tensors_of)](Session& self) { restore(tensors_of(self), spans, path); });
  }
  const Bytes buffer = source.bytes("buffer");
  return session.run(
      env, [spans = std::move(spans), buffer, keeper = keep(source.value("buffer")),
            tensors_of = std::move(tensors_of)](Session& self) { restore(tensors_of(self), spans, buffer); });
}

Napi::Value describe(Napi::Env env, const std::vector<NamedTensor>& tensors) {
  Napi::Array list = Napi::Array::New(env, tensors.size());
  for (uint32_t i = 0; i < tensors.size(); ++i) {
    const auto& [name, tensor] = tensors[i];
    Napi::Array shape = Napi::Array::New(env, static_cast<size_t>(tensor.dim()));
    for (uint32_t d = 0; d < shape.Length(); ++d)
      shape[d] = Napi::Number::New(env, static_cast<double>(tensor.size(d)));
    Napi::Object info = Napi::Object::New(env);
    info["name"] = name;
    info["dtype"] = dtype_name(tensor.scalar_type());
    info["shape"] = shape;
    list[i] = info;
  }
  return list;
}

Napi::Value tensor_to_js(Napi::Env env, const torch::Tensor& tensor) {
  if (!tensor.defined()) return env.Null();
  Napi::Float32Array data = Napi::Float32Array::New(env, static_cast<size_t>(tensor.numel()));
  if (tensor.numel() > 0) std::memcpy(data.Data(), tensor.const_data_ptr<float>(), tensor.nbytes());
  Napi::Array shape = Napi::Array::New(env, static_cast<size_t>(tensor.dim()));
  for (uint32_t d = 0; d < shape.Length(); ++d)
    shape[d] = Napi::Number::New(env, static_cast<double>(tensor.size(d)));
  Napi::Object result = Napi::Object::New(env);
  result["data"] = data;
  result["shape"] = shape;
  return result;
}

Keeper keep(const Napi::Value& object) {
  return std::make_shared<Napi::ObjectReference>(Napi::Persistent(object.As<Napi::Object>()));
}

}  // namespace googlenet
