#include "nn/max_pool.h"

#include <torch/csrc/autograd/custom_function.h>
#include <torch/types.h>

#include <algorithm>
#include <array>

#include "core/serial_queue.h"
#include "nn/max_pool/kernel.h"

namespace googlenet::nn {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

InstructionSet best_instruction_set() {
  constexpr std::array sets = {InstructionSet::kAvx512, InstructionSet::kAvx2, InstructionSet::kBaseline};
  static const InstructionSet best = *std::find_if(sets.begin(), sets.end(), is_supported);
  return best;
}

bool has_kernel(const torch::Tensor& input, int64_t stride) {
  const auto type = input.scalar_type();
  return input.is_cpu() && input.layout() == torch::kStrided && input.dim() == 4 && input.numel() > 0 &&
         input.size(2) >= stride && input.size(3) >= stride &&
         (type == torch::kFloat || type == torch::kBFloat16);
}

PoolLayout layout_of(at::MemoryFormat format) {
  return format == at::MemoryFormat::ChannelsLast ? PoolLayout::kChannelsLast : PoolLayout::kPlanes;
}

// Calls `work` with a value of the type that the kernels use for the tensor's elements.
template <typename Work>
void with_element_type(const torch::Tensor& tensor, const Work& work) {
  tensor.scalar_type() == torch::kFloat ? work(float()) : work(uint16_t());
}

struct Pooled {
  torch::Tensor output;
  torch::Tensor argmax;
};

Pooled pool(const torch::Tensor& input_, const MaxPool2dOptions& options, bool with_argmax) {
  const at::MemoryFormat format = input_.suggest_memory_format();
  const torch::Tensor input = input_.contiguous(format);
  const PoolShape shape = {input.size(0), input.size(1), input.size(2), input.size(3), options.stride};
  Pooled pooled;
  pooled.output = torch::empty({shape.batch, shape.channels, shape.out_height(), shape.out_width()},
                               input.options().memory_format(format));
  if (with_argmax) pooled.argmax = torch::empty({pooled.output.numel()}, torch::kByte);
  with_element_type(input, [&]<typename T>(T) {
    const MaxPoolForward<T> job = {shape,
                                   layout_of(format),
                                   static_cast<const T*>(input.const_data_ptr()),
                                   static_cast<T*>(pooled.output.mutable_data_ptr()),
                                   with_argmax ? pooled.argmax.mutable_data_ptr<uint8_t>() : nullptr,
                                   options.relu};
    job.run(best_instruction_set());
  });
  return pooled;
}

class PoolFunction : public torch::autograd::Function<PoolFunction> {
 public:
  static torch::Tensor forward(AutogradContext* context, const torch::Tensor& input,
                               const MaxPool2dOptions& options) {
    const Pooled pooled = pool(input, options, /*with_argmax=*/true);
    context->save_for_backward({pooled.argmax});
    context->saved_data["sizes"] = input.sizes().vec();
    context->saved_data["stride"] = options.stride;
    context->saved_data["format"] = input.suggest_memory_format();
    return pooled.output;
  }

  static variable_list backward(AutogradContext* context, const variable_list& grads) {
    TORCH_CHECK(!(at::GradMode::is_enabled() && grads[0].requires_grad()),
                "Max-pooling has no second derivative here: call backward without create_graph.");
    core::check_cancelled();
    const auto sizes = context->saved_data["sizes"].toIntVector();
    const auto format = context->saved_data["format"].toMemoryFormat();
    const torch::Tensor argmax = context->get_saved_variables()[0];
    const torch::Tensor grad_output = grads[0].contiguous(format);
    const torch::Tensor grad_input = torch::empty(sizes, grad_output.options().memory_format(format));
    const PoolShape shape = {sizes[0], sizes[1], sizes[2], sizes[3], context->saved_data["stride"].toInt()};
    with_element_type(grad_output, [&]<typename T>(T) {
      const MaxPoolBackward<T> job = {
          shape, layout_of(format), static_cast<const T*>(grad_output.const_data_ptr()),
          argmax.const_data_ptr<uint8_t>(), static_cast<T*>(grad_input.mutable_data_ptr())};
      job.run(best_instruction_set());
    });
    return {grad_input, torch::Tensor()};
  }
};

}  // namespace

MaxPool2dImpl::MaxPool2dImpl(const MaxPool2dOptions& options_) : options(options_) {
  TORCH_CHECK(!options.relu || options.stride == 2, "Only pooling with stride 2 includes a ReLU.");
}

torch::Tensor MaxPool2dImpl::forward(const torch::Tensor& input) {
  if (!has_kernel(input, options.stride)) {
    const int64_t padding = options.stride == 1 ? 1 : 0;
    return torch::max_pool2d(options.relu ? torch::relu(input) : input, 3, options.stride, padding,
                             /*dilation=*/1, /*ceil_mode=*/true);
  }
  const bool needs_gradient = at::GradMode::is_enabled() && input.requires_grad();
  return needs_gradient ? PoolFunction::apply(input, options) : pool(input, options, false).output;
}

}  // namespace googlenet::nn
