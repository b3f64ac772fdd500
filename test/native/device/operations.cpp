#include <ATen/EmptyTensor.h>
#include <ATen/Functions.h>
#include <ATen/native/CPUFallback.h>
#include <ATen/ops/_reshape_alias_native.h>
#include <ATen/ops/as_strided_native.h>
#include <ATen/ops/view_native.h>
#include <torch/library.h>
#include <unistd.h>

#include "device.h"

namespace device {

namespace {

using at::IntArrayRef;
using at::Tensor;
using std::optional;

// How many kernels of the device run on this thread: their copies are internal.
thread_local int kernels = 0;

class Kernel {
 public:
  Kernel() {
    if (hang_next.exchange(false)) {
      hanging = true;
      for (;;) pause();
    }
    if (const int code = fail_next.exchange(0)) {
      throw c10::AcceleratorError({__func__, __FILE__, static_cast<uint32_t>(__LINE__)}, code,
                                  "CUDA error: the device was told to fail");
    }
    ++kernels;
  }
  ~Kernel() { --kernels; }
};

bool is_ours(const Tensor& tensor) {
  return tensor.device().type() == kType;
}

// Counts what a kernel of a real device would get wrong.
void check_place(const Tensor& tensor) {
  const c10::DeviceIndex index = tensor.device().index();
  const c10::StreamId stream = current_stream(index).id();
  if (index != current_device()) ++counters.wrong_device;
  if (stream == 0) ++counters.default_stream;
  if (tensor.nbytes() > 0 && stream_of(tensor) != stream) ++counters.wrong_stream;
}

// The same memory for libtorch's operations on the CPU.
Tensor on_host(const Tensor& tensor) {
  auto* data = const_cast<void*>(tensor.unsafeGetTensorImpl()->data());
  return at::from_blob(data, tensor.sizes(), tensor.strides(), tensor.options().device(at::kCPU));
}

void move(const Tensor& from, const Tensor& to) {
  optional<Unprotected> source;
  optional<Unprotected> target;
  if (is_ours(from)) source.emplace(from);
  if (is_ours(to)) target.emplace(to);
  const Tensor source_values = is_ours(from) ? on_host(from) : from;
  (is_ours(to) ? on_host(to) : to).copy_(source_values);
}

Tensor copy_from(const Tensor& self, const Tensor& to, bool non_blocking) {
  const Tensor& ours = is_ours(self) ? self : to;
  const c10::Stream stream = current_stream(ours.device().index());
  for (const Tensor& one : {self, to})
    if (is_ours(one)) check_place(one);
  if (self.is_cpu() && kernels == 0) {
    ++counters.uploads;
    if (non_blocking && self.is_pinned()) {
      // Happens before the next work of this stream, as on a device that lags behind.
      enqueue(stream, [self, to] { move(self, to); });
      return to;
    }
    ++counters.pageable;
  }
  if (to.is_cpu() && kernels == 0) ++counters.downloads;
  drain(stream);
  move(self, to);
  return to;
}

const Tensor& resize_to(const Tensor& self, IntArrayRef size, optional<at::MemoryFormat>) {
  if (self.sizes() == size) return self;
  const Tensor fresh = at::empty(size, self.options());
  auto* impl = self.unsafeGetTensorImpl();
  impl->set_storage_keep_dtype(fresh.storage());
  impl->set_storage_offset(0);
  impl->set_sizes_contiguous(size);
  return self;
}

Tensor copy_from_and_resize(const Tensor& self, const Tensor& to) {
  resize_to(to, self.sizes(), std::nullopt);
  return copy_from(self, to, false);
}

c10::DispatchKeySet keys() {
  return c10::DispatchKeySet(c10::DispatchKey::PrivateUse1);
}

class OnDeviceOf {
 public:
  explicit OnDeviceOf(optional<at::Device> device) : before_(current_device()) {
    if (device && device->has_index()) set_current_device(device->index());
  }
  ~OnDeviceOf() { set_current_device(before_); }

 private:
  c10::DeviceIndex before_;
};

Tensor empty(IntArrayRef size, optional<at::ScalarType> type, optional<at::Layout>,
             optional<at::Device> device, optional<bool>, optional<at::MemoryFormat> format) {
  const OnDeviceOf scope(device);
  return at::detail::empty_generic(size, allocator(), keys(), type.value_or(at::kFloat), format);
}

Tensor empty_strided(IntArrayRef size, IntArrayRef stride, optional<at::ScalarType> type,
                     optional<at::Layout>, optional<at::Device> device, optional<bool>) {
  const OnDeviceOf scope(device);
  return at::detail::empty_strided_generic(size, stride, allocator(), keys(), type.value_or(at::kFloat));
}

optional<Tensor> to_host(const optional<Tensor>& tensor) {
  return tensor && tensor->defined() ? optional(tensor->cpu()) : std::nullopt;
}

Tensor convolution(const Tensor& input, const Tensor& weight, const optional<Tensor>& bias,
                   IntArrayRef stride, IntArrayRef padding, IntArrayRef dilation, bool transposed,
                   IntArrayRef output_padding, int64_t groups) {
  const Kernel kernel;
  return at::convolution(input.cpu(), weight.cpu(), to_host(bias), stride, padding, dilation, transposed,
                         output_padding, groups)
      .to(input.device());
}

std::tuple<Tensor, Tensor, Tensor> to_device(const std::tuple<Tensor, Tensor, Tensor>& results,
                                             at::Device device) {
  const auto moved = [&](const Tensor& one) { return one.defined() ? one.to(device) : one; };
  return {moved(std::get<0>(results)), moved(std::get<1>(results)), moved(std::get<2>(results))};
}

std::tuple<Tensor, Tensor, Tensor> convolution_backward(const Tensor& gradient, const Tensor& input,
                                                        const Tensor& weight, IntArrayRef stride,
                                                        IntArrayRef padding, IntArrayRef dilation,
                                                        bool transposed, IntArrayRef output_padding,
                                                        int64_t groups, std::array<bool, 3> mask) {
  const Kernel kernel;
  const std::vector<int64_t> bias = {weight.size(transposed ? 1 : 0)};
  return to_device(at::convolution_backward(gradient.cpu(), input.cpu(), weight.cpu(), bias, stride, padding,
                                            dilation, transposed, output_padding, groups, mask),
                   input.device());
}

// The schema does not mark the running statistics as changed, so libtorch's fallback would lose the changes.
std::tuple<Tensor, Tensor, Tensor> batch_norm(const Tensor& input, const optional<Tensor>& weight,
                                              const optional<Tensor>& bias, const optional<Tensor>& mean,
                                              const optional<Tensor>& variance, bool training,
                                              double momentum, double epsilon) {
  const Kernel kernel;
  const optional<Tensor> host_mean = to_host(mean);
  const optional<Tensor> host_variance = to_host(variance);
  const auto results = at::native_batch_norm(input.cpu(), to_host(weight), to_host(bias), host_mean,
                                             host_variance, training, momentum, epsilon);
  if (training && host_mean) mean->copy_(*host_mean);
  if (training && host_variance) variance->copy_(*host_variance);
  return to_device(results, input.device());
}

bool has_compatible_shallow_copy_type(const Tensor&, const Tensor&) {
  return true;
}

at::Scalar local_scalar(const Tensor& self) {
  ++counters.downloads;
  const Kernel kernel;
  return self.cpu().item();
}

void fallback(const c10::OperatorHandle& op, torch::jit::Stack* stack) {
  const Kernel kernel;
  at::native::cpu_fallback(op, stack);
}

}  // namespace

TORCH_LIBRARY_IMPL(aten, PrivateUse1, m) {
  m.impl("empty.memory_format", TORCH_FN(empty));
  m.impl("empty_strided", TORCH_FN(empty_strided));
  m.impl("resize_", TORCH_FN(resize_to));
  m.impl("as_strided", TORCH_FN(at::native::as_strided_tensorimpl));
  m.impl("view", TORCH_FN(static_cast<Tensor (*)(const Tensor&, IntArrayRef)>(at::native::view)));
  m.impl(
      "_reshape_alias",
      TORCH_FN(static_cast<Tensor (*)(const Tensor&, IntArrayRef, IntArrayRef)>(at::native::_reshape_alias)));
  m.impl("_copy_from", TORCH_FN(copy_from));
  m.impl("_copy_from_and_resize", TORCH_FN(copy_from_and_resize));
  m.impl("_has_compatible_shallow_copy_type", TORCH_FN(has_compatible_shallow_copy_type));
  m.impl("convolution_overrideable", TORCH_FN(convolution));
  m.impl("convolution_backward_overrideable", TORCH_FN(convolution_backward));
  m.impl("_local_scalar_dense", TORCH_FN(local_scalar));
  m.impl("native_batch_norm", TORCH_FN(batch_norm));
}

TORCH_LIBRARY_IMPL(_, PrivateUse1, m) {
  m.fallback(torch::CppFunction::makeFromBoxedFunction<&fallback>());
}

}  // namespace device
