#include "binding/session.h"

#include <c10/core/CachingDeviceAllocator.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <torch/types.h>

#include <cstring>
#include <optional>

#include "binding/new_floats.h"
#include "core/caching_allocator.h"
#include "core/error.h"

namespace googlenet::binding {

namespace {

// Work that nobody waits for and that does not keep the process alive.
class DetachedTask : public Task {
 public:
  DetachedTask(std::shared_ptr<Session> session, std::function<void()> work, std::function<void()> finish)
      : session_(std::move(session)), work_(std::move(work)), finish_(std::move(finish)) {}
  void run() {
    try {
      const auto here = session_->enter();
      work_();
    } catch (const std::exception&) {
      // Nobody waits for it. A device that is lost frees nothing any more; its memory goes with the process.
    }
  }
  void finish(Napi::Env) override {
    if (finish_) finish_();
  }

 private:
  std::shared_ptr<Session> session_;
  std::function<void()> work_;
  std::function<void()> finish_;
};

}  // namespace

int64_t bytes_of(const torch::nn::Module& module) {
  int64_t bytes = 0;
  for (const auto& [name, tensor] : state_dict(module)) bytes += static_cast<int64_t>(tensor.nbytes());
  return bytes;
}

Session::Session(Napi::Env env) : Member(Environment::of(env)), device(c10::kCPU) {}

Session::Session(Napi::Env env, c10::Device on, uint64_t seed)
    : Member(Environment::of(env)), device(on), random(core::make_random_source(on, seed)) {}

void Session::require_usable() const {
  if (disposed_) throw core::Error("DISPOSED", "This model was disposed. Create or load a new one.");
}

void Session::set_module(Napi::Env env, std::shared_ptr<torch::nn::Module> created) {
  module = std::move(created);
  tensors_ = describe(state_dict(*module));
  parameters_ = describe(named_parameters(*module));
  report_memory(env, bytes_of(*module));
}

void Session::dispose(Napi::Env env) {
  if (disposed_) return;
  disposed_ = true;
  if (environment_->closed()) return;
  forget_memory(env);
  // Freed where freeing tens of megabytes disturbs nobody. No work can follow, so the thread and libtorch's
  // threads behind it end then and not with the last handle.
  run_detached([this] { release(); }, [this] { queue.stop(); });
}

void Session::run_detached(std::function<void()> work, std::function<void()> finish) noexcept {
  try {
    auto task = std::make_unique<DetachedTask>(self(), std::move(work), std::move(finish));
    submit(*environment_, queue, std::move(task), /*keep_alive=*/false);
  } catch (const std::exception&) {
    // No memory or no thread to be had: what it would free is freed with the last reference to this session.
  }
}

void Session::add_dependent(std::weak_ptr<Dependent> dependent) {
  std::erase_if(dependents_, [](const auto& one) { return one.expired(); });
  dependents_.push_back(std::move(dependent));
}

c10::OptionalStreamGuard Session::enter() {
  if (device.is_cpu()) return c10::OptionalStreamGuard();
  if (!stream_) stream_ = c10::impl::VirtualGuardImpl(device.type()).getStreamFromGlobalPool(device);
  return c10::OptionalStreamGuard(*stream_);
}

const data::NormalizationOn& Session::normalization_on_device(const data::Normalization& normalization) {
  if (!normalization_ || normalization_->values != normalization)
    normalization_.emplace(normalization, device);
  return *normalization_;
}

void Session::release() {
  for (const auto& weak : dependents_) {
    if (const auto dependent = weak.lock()) dependent->release(*this);
  }
  module.reset();
  normalization_.reset();
  // What the allocator of a device keeps is of no use to other programs, nor to other streams of this one.
  if (!device.is_cpu()) c10::getDeviceAllocator(device.type())->emptyCache();
  core::release_unused_memory(std::chrono::seconds(0));
  core::trim_malloc();
}

Napi::Value copy_out(Napi::Env env, Session& session, const Options& options, TensorsOf tensors_of) {
  std::vector<TensorSpan> spans = read_spans(options, "spans");
  const KeptBytes buffer(options.byte_array("buffer"));
  return session.run(env,
                     [spans = std::move(spans), buffer, tensors_of = std::move(tensors_of)](Session& self) {
                       snapshot(tensors_of(self), spans, const_cast<uint8_t*>(buffer.data()), buffer.size());
                     });
}

namespace {

// Reads the tensors of one source; on the compute thread.
using ReadPart = std::function<Restore(const std::vector<NamedTensor>&)>;

// A part of which everything is read but where its bytes lie.
struct PartOptions {
  std::vector<TensorSpan> spans;
  std::optional<CallerArray> buffer;  // or a file
  int64_t fd = 0;
  std::string path;
};

PartOptions read_part(const Options& part) {
  const Options source(part.object("source"));
  PartOptions read;
  read.spans = read_spans(part, "spans");
  if (source.has("fd")) {
    read.fd = source.integer("fd");
    read.path = source.string("path");
  } else {
    read.buffer = source.byte_array("buffer");
  }
  return read;
}

ReadPart to_part(PartOptions read) {
  if (!read.buffer) {
    auto file = std::make_shared<FileReader>(static_cast<int>(read.fd), read.path);
    return [spans = std::move(read.spans), file = std::move(file)](const std::vector<NamedTensor>& tensors) {
      return read_tensors(tensors, spans, *file);
    };
  }
  return [spans = std::move(read.spans),
          buffer = KeptBytes(*read.buffer)](const std::vector<NamedTensor>& tensors) {
    return read_tensors(tensors, spans, core::Bytes{buffer.data(), buffer.size()});
  };
}

}  // namespace

Napi::Value copy_in(Napi::Env env, Session& session, const Options& options, TensorsOf tensors_of) {
  std::vector<PartOptions> read;
  for (const Options& part : options.objects("parts")) read.push_back(read_part(part));
  std::vector<ReadPart> parts;
  for (PartOptions& part : read) parts.push_back(to_part(std::move(part)));
  return session.run(env, [parts = std::move(parts), tensors_of = std::move(tensors_of)](Session& self) {
    const std::vector<NamedTensor> tensors = tensors_of(self);
    std::vector<Restore> restores;
    for (const ReadPart& part : parts) restores.push_back(part(tensors));
    for (Restore& one : restores) one.apply();
  });
}

Napi::Array shape_to_js(Napi::Env env, at::IntArrayRef sizes) {
  Napi::Array shape = Napi::Array::New(env, sizes.size());
  for (uint32_t d = 0; d < sizes.size(); ++d)
    shape[d] = Napi::Number::New(env, static_cast<double>(sizes[d]));
  return shape;
}

namespace {

Napi::Float32Array array_of(Napi::Env env, const torch::Tensor& tensor) {
  const auto count = static_cast<size_t>(tensor.numel());
  Napi::Float32Array array = new_floats(env, count);
  if (count > 0) std::memcpy(array.Data(), tensor.const_data_ptr(), tensor.nbytes());
  return array;
}

}  // namespace

Napi::Value to_js(Napi::Env env, const std::vector<TensorInfo>& tensors) {
  Napi::Array list = Napi::Array::New(env, tensors.size());
  for (uint32_t i = 0; i < tensors.size(); ++i) {
    Napi::Object info = Napi::Object::New(env);
    info["name"] = tensors[i].name;
    info["dtype"] = dtype_name(tensors[i].dtype);
    info["shape"] = shape_to_js(env, tensors[i].shape);
    list[i] = info;
  }
  return list;
}

torch::Tensor to_host(const torch::Tensor& tensor) {
  return tensor.defined() ? tensor.to(at::kCPU).contiguous() : tensor;
}

Napi::Value tensor_to_js(Napi::Env env, const torch::Tensor& tensor) {
  if (!tensor.defined()) return env.Null();
  Napi::Object result = Napi::Object::New(env);
  result["data"] = array_of(env, tensor);
  result["shape"] = shape_to_js(env, tensor.sizes());
  return result;
}

}  // namespace googlenet::binding
