#include "binding/session.h"

#include <c10/core/CachingDeviceAllocator.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <torch/types.h>

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
      const auto stream = session_->enter();
      work_();
    } catch (const std::exception&) {
      // Nobody waits for it. A lost device frees nothing any more; its memory goes with the process.
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
  for (const auto& [name, tensor] : weights::state_dict(module))
    bytes += static_cast<int64_t>(tensor.nbytes());
  return bytes;
}

Session::Session(Napi::Env env) : ThreadOwner(Environment::of(env)), device(c10::kCPU) {}

Session::Session(Napi::Env env, c10::Device device, uint64_t seed)
    : ThreadOwner(Environment::of(env)), device(device), random(core::make_random_source(device, seed)) {}

void Session::require_usable() const {
  if (disposed_) throw core::Error("DISPOSED", "This model was disposed. Create or load a new one.");
}

void Session::set_module(Napi::Env env, std::shared_ptr<torch::nn::Module> created) {
  module = std::move(created);
  tensors_ = weights::describe(weights::state_dict(*module));
  parameters_ = weights::describe(weights::named_parameters(*module));
  report_memory(env, bytes_of(*module));
}

void Session::dispose(Napi::Env env) {
  if (disposed_) return;
  disposed_ = true;
  if (environment_->closed()) return;
  forget_memory(env);
  // The compute thread frees the tens of megabytes, so that the JavaScript thread need not. No work can
  // follow, so the thread and the libtorch threads it started end right after that, not with the last handle.
  run_detached([this] { release(); }, [this] { queue.stop(); });
}

void Session::run_detached(std::function<void()> work, std::function<void()> finish) noexcept {
  try {
    auto task = std::make_unique<DetachedTask>(self(), std::move(work), std::move(finish));
    submit(*environment_, queue, std::move(task), /*keep_alive=*/false);
  } catch (const std::exception&) {
    // There is no memory or no thread. What the work would free is freed with the last reference to this.
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

const data::DeviceNormalization& Session::on_device(const data::Normalization& normalization) {
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
  // The device's allocator keeps memory that neither other programs nor other streams of this one can use.
  if (!device.is_cpu()) c10::getDeviceAllocator(device.type())->emptyCache();
  core::release_unused_memory(std::chrono::seconds(0));
  core::trim_malloc();
}

}  // namespace googlenet::binding
