#pragma once

#include <c10/core/StreamGuard.h>
#include <torch/nn/module.h>

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "binding/queued_work.h"
#include "core/random.h"
#include "core/threads.h"
#include "data/normalize.h"
#include "weights/state_dict.h"

namespace googlenet::binding {

class Session;

// Of all parameters and buffers.
int64_t bytes_of(const torch::nn::Module& module);

// Something else, a trainer, that has tensors which belong to a session's thread.
class Dependent {
 public:
  virtual ~Dependent() = default;
  // Compute thread: frees the tensors.
  virtual void release(Session& session) = 0;
};

// A module with its thread, its device and its random numbers. Handles and queued work share it, so it
// outlives them; one compute thread uses it.
class Session : public ThreadOwner {
 public:
  Session(Napi::Env env, c10::Device device, uint64_t seed);
  // On the CPU, without random numbers.
  explicit Session(Napi::Env env);
  ~Session() override { queue.stop(); }

  void request_stop() override { queue.request_stop(); }
  // Waits without a deadline on the CPU, where a thread ends within a layer: a slow machine must not be taken
  // for one that hangs.
  bool join_until(core::Deadline deadline) override {
    return queue.join_until(device.is_cpu() ? core::Deadline::max() : deadline);
  }

  // Throws DISPOSED.
  void require_usable() const;
  void dispose(Napi::Env env);
  bool disposed() const { return disposed_; }

  // Runs `work(*this)` on the compute thread, then `convert(env, result)` on the JavaScript thread, and keeps
  // the session alive until the promise has settled. While it waits, `id` can cancel it.
  template <class Work, class Convert>
  Napi::Value run(Napi::Env env, Work work, Convert convert, int64_t id = 0) {
    require_usable();
    return promise(
        env, queue, core::num_threads(), id,
        [self = this->self(), work = std::move(work)]() mutable {
          const auto stream = self->enter();
          return work(*self);
        },
        std::move(convert));
  }
  template <class Work>
  Napi::Value run(Napi::Env env, Work work) {
    return run_with(env, core::num_threads(), std::move(work));
  }
  // For work that computes nothing.
  template <class Work>
  Napi::Value run_briefly(Napi::Env env, Work work) {
    return run_with(env, core::kOneThread, std::move(work));
  }

  // Runs `work` on the compute thread, then `finish` on the JavaScript thread, if the process lives that long
  // and has a thread to give.
  void run_detached(std::function<void()> work, std::function<void()> finish = nullptr) noexcept;

  void set_module(Napi::Env env, std::shared_ptr<torch::nn::Module> created);

  // JavaScript thread: names and shapes. The tensors themselves belong to the compute thread.
  const std::vector<weights::TensorInfo>& tensors() const { return tensors_; }
  const std::vector<weights::TensorInfo>& parameters() const { return parameters_; }

  // Compute thread: while the returned guard exists, this device and a stream of this session are the current
  // ones; no guard is needed on the CPU. All work of a session is on one stream, so it runs in order without
  // waits and overlaps with that of other sessions.
  c10::OptionalStreamGuard enter();

  // Compute thread.
  const data::DeviceNormalization& on_device(const data::Normalization& normalization);

  // Will be released with the module, on its thread.
  void add_dependent(std::weak_ptr<Dependent> dependent);

  core::SerialQueue queue;
  const c10::Device device;
  core::RandomSource random;
  at::MemoryFormat memory_format = at::MemoryFormat::Contiguous;
  std::shared_ptr<torch::nn::Module> module;  // null after dispose()
  // The trainer whose backward pass computed the gradients that the parameters hold.
  const Dependent* gradients_of = nullptr;

 private:
  template <class Work>
  Napi::Value run_with(Napi::Env env, int threads, Work work) {
    require_usable();
    return promise(env, queue, threads, [self = this->self(), work = std::move(work)]() mutable {
      const auto stream = self->enter();
      work(*self);
    });
  }

  std::shared_ptr<Session> self() { return std::static_pointer_cast<Session>(shared_from_this()); }
  // Compute thread: frees the module and what depends on it.
  void release();

  bool disposed_ = false;
  std::vector<weights::TensorInfo> tensors_;
  std::vector<weights::TensorInfo> parameters_;
  std::vector<std::weak_ptr<Dependent>> dependents_;
  std::optional<c10::Stream> stream_;
  std::optional<data::DeviceNormalization> normalization_;
};

}  // namespace googlenet::binding
