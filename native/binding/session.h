#pragma once

#include <c10/core/StreamGuard.h>
#include <torch/nn/module.h>

#include <functional>
#include <memory>
#include <optional>

#include "binding/queued_work.h"
#include "binding/tensor_options.h"
#include "core/random.h"
#include "core/threads.h"
#include "data/transforms.h"

namespace googlenet::binding {

class Session;

int64_t bytes_of(const torch::nn::Module& module);

// What else has tensors that belong to a session's thread: a trainer.
class Dependent {
 public:
  virtual ~Dependent() = default;
  virtual void release(Session& session) = 0;
};

// A module with its thread, its device and its random numbers. Shared by the handles that use it and by every
// piece of queued work, so that it outlives all of them; touched by one compute thread only.
class Session : public Member {
 public:
  Session(Napi::Env env, c10::Device on, uint64_t seed);
  // On the CPU, and without random numbers.
  explicit Session(Napi::Env env);
  ~Session() override { queue.stop(); }

  void request_stop() override { queue.request_stop(); }
  // On the CPU a thread ends within a layer, and a slow machine shall not be taken for one that hangs.
  bool join_until(core::Deadline deadline) override {
    return queue.join_until(device.is_cpu() ? core::Deadline::max() : deadline);
  }

  // Throws DISPOSED.
  void require_usable() const;
  void dispose(Napi::Env env);
  bool disposed() const { return disposed_; }

  // Runs `work` on this session's thread, keeping the session alive until the promise has settled. By its id
  // it can be cancelled while it waits.
  template <class Work, class Convert>
  Napi::Value run(Napi::Env env, Work work, Convert convert, int64_t id = 0) {
    require_usable();
    return promise(
        env, queue, core::num_threads(), id,
        [self = this->self(), work = std::move(work)]() mutable {
          const auto here = self->enter();
          return work(*self);
        },
        std::move(convert));
  }
  template <class Work>
  Napi::Value run(Napi::Env env, Work work) {
    require_usable();
    return promise(env, queue, core::num_threads(), [self = this->self(), work = std::move(work)]() mutable {
      const auto here = self->enter();
      work(*self);
    });
  }

  // For work that is done at once.
  template <class Work>
  Napi::Value run_briefly(Napi::Env env, Work work) {
    require_usable();
    return promise(env, queue, core::kOneThread, [self = this->self(), work = std::move(work)]() mutable {
      const auto here = self->enter();
      work(*self);
    });
  }

  void set_module(Napi::Env env, std::shared_ptr<torch::nn::Module> created);

  // What the module is made of, for the JavaScript thread; the module itself belongs to the compute thread.
  const std::vector<TensorInfo>& tensors() const { return tensors_; }
  const std::vector<TensorInfo>& parameters() const { return parameters_; }

  // Runs `work` on this session's thread, then `finish` on the JavaScript thread, if
  // the process lives so long and has a thread to give.
  void run_detached(std::function<void()> work, std::function<void()> finish = nullptr) noexcept;

  // Compute thread: on a device other than the CPU, that device and a stream of this session's are the
  // current ones as long as what is returned exists. All work of a session is on one stream, so it is in
  // order without waits, and overlaps with that of other sessions.
  c10::OptionalStreamGuard enter();

  // Compute thread: a normalisation on this session's device.
  const data::NormalizationOn& normalization_on_device(const data::Normalization& normalization);

  // Freed with the module, on its thread.
  void add_dependent(std::weak_ptr<Dependent> dependent);

  core::SerialQueue queue;
  const c10::Device device;
  core::RandomSource random;
  at::MemoryFormat memory_format = at::MemoryFormat::Contiguous;
  std::shared_ptr<torch::nn::Module> module;  // null after dispose()
  // Whose backward pass left the gradients that the parameters hold.
  const Dependent* gradients_of = nullptr;

 private:
  std::shared_ptr<Session> self() { return std::static_pointer_cast<Session>(shared_from_this()); }
  // Compute thread: frees the module and what depends on it.
  void release();

  bool disposed_ = false;
  std::vector<TensorInfo> tensors_;
  std::vector<TensorInfo> parameters_;
  std::vector<std::weak_ptr<Dependent>> dependents_;
  std::optional<c10::Stream> stream_;
  std::optional<data::NormalizationOn> normalization_;
};

// The tensors a copy is about, looked up on the compute thread.
using TensorsOf = std::function<std::vector<NamedTensor>(Session&)>;

// { buffer, spans }: copies tensors into a buffer that only we hold.
Napi::Value copy_out(Napi::Env env, Session& session, const Options& options, TensorsOf tensors_of);
// { source: { fd, path } | { buffer }, spans }: copies stored tensors in.
Napi::Value copy_in(Napi::Env env, Session& session, const Options& options, TensorsOf tensors_of);

Napi::Value to_js(Napi::Env env, const std::vector<TensorInfo>& tensors);
Napi::Array shape_to_js(Napi::Env env, at::IntArrayRef sizes);
// As tensor_to_js takes it; on the compute thread.
torch::Tensor to_host(const torch::Tensor& tensor);
Napi::Value tensor_to_js(Napi::Env env,
                         const torch::Tensor& tensor);  // float, contiguous, on the CPU; undefined → null

// The bytes of a caller's array that stays private to us, kept alive while work is queued; created and
// destroyed on the JavaScript thread. Made when all options have been read.
class KeptBytes {
 public:
  explicit KeptBytes(const CallerArray& array)
      : bytes_(array.bytes()),
        object_(
            std::make_shared<Napi::ObjectReference>(Napi::Persistent(array.object().As<Napi::Object>()))) {}

  const uint8_t* data() const { return bytes_.data; }
  size_t size() const { return bytes_.size; }

 private:
  core::Bytes bytes_;
  std::shared_ptr<Napi::ObjectReference> object_;
};

}  // namespace googlenet::binding
