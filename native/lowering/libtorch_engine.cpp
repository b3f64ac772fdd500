#include "lowering/libtorch_engine.h"

#include <torch/nn/functional/normalization.h>

#include <algorithm>
#include <limits>

#include "core/error.h"
#include "core/serial_queue.h"

namespace googlenet::lowering {

using infer::Layer;
using infer::Network;
using infer::Precision;

namespace {

torch::Tensor copy_of(const void* elements, at::IntArrayRef shape, at::ScalarType dtype) {
  return torch::from_blob(const_cast<void*>(elements), shape, dtype).clone();
}

}  // namespace

void LibtorchEngine::require_supported(const Network& network) {
  if (network.precision == Precision::kInt8)
    throw core::Error("UNSUPPORTED", "The backend 'libtorch' has no int8. Choose another precision.");
}

LibtorchEngine::LibtorchEngine(Network network)
    : network_(std::move(network)),
      dtype_(network_.precision == Precision::kBfloat16 ? at::kBFloat16 : at::kFloat),
      last_reader_(network_.tensors.size(), network_.layers.size()) {
  for (size_t i = 0; i < network_.layers.size(); ++i) {
    Layer& layer = network_.layers[i];
    last_reader_[static_cast<size_t>(layer.input)] = i;
    torch::Tensor weight, bias;
    if (layer.kind == Layer::Kind::kConvolution) {
      const int64_t inputs = network_.tensors[static_cast<size_t>(layer.input)].channels;
      weight = copy_of(layer.weights, {layer.outputs, inputs, layer.kernel_size, layer.kernel_size}, dtype_)
                   .contiguous(at::MemoryFormat::ChannelsLast);
      bias = copy_of(layer.bias, {layer.outputs}, at::kFloat).to(dtype_);
      register_buffer("weight" + std::to_string(i), weight);
      register_buffer("bias" + std::to_string(i), bias);
    }
    weights_.push_back(weight);
    biases_.push_back(bias);
    layer.weights = nullptr;
    layer.bias = layer.weight_scales = nullptr;
  }
  for (const int head : network_.heads) last_reader_[static_cast<size_t>(head)] = network_.layers.size();
}

std::vector<torch::Tensor> LibtorchEngine::forward(const torch::Tensor& images,
                                                   const std::atomic<bool>& cancelled,
                                                   std::vector<float>* amax) const {
  const torch::NoGradGuard no_grad;
  tensor_sizes(network_, {static_cast<int>(images.size(2)), static_cast<int>(images.size(3))});
  const auto per_channel = [](const float* values) { return copy_of(values, {1, 3, 1, 1}, at::kFloat); };
  std::vector<torch::Tensor> tensors(network_.tensors.size());
  tensors[0] = (images * per_channel(network_.image_scale) + per_channel(network_.image_shift))
                   .to(dtype_)
                   .contiguous(at::MemoryFormat::ChannelsLast);
  if (amax != nullptr) amax->assign(tensors.size(), 0);
  for (size_t i = 0; i < network_.layers.size(); ++i) {
    core::check_cancelled();
    if (cancelled) throw core::Error("ABORTED", "The work was cancelled.");
    const Layer& layer = network_.layers[i];
    const torch::Tensor output = compute(i, tensors[static_cast<size_t>(layer.input)]);
    if (amax != nullptr) {
      float& largest = (*amax)[static_cast<size_t>(layer.output)];
      const auto found = output.max().item<float>();
      if (!(found <= largest)) largest = found;  // NaN replaces it too
    }
    torch::Tensor& written = tensors[static_cast<size_t>(layer.output)];
    const int64_t channels = network_.tensors[static_cast<size_t>(layer.output)].channels;
    if (channels == layer.outputs) {
      written = output;
    } else {
      if (!written.defined()) {
        written = torch::empty({output.size(0), channels, output.size(2), output.size(3)},
                               output.options().memory_format(at::MemoryFormat::ChannelsLast));
      }
      written.narrow(1, layer.channel, layer.outputs).copy_(output);
    }
    if (last_reader_[static_cast<size_t>(layer.input)] == i)
      tensors[static_cast<size_t>(layer.input)].reset();
  }
  const torch::Tensor is_finite = images.isfinite().flatten(1).all(1).unsqueeze(1);
  std::vector<torch::Tensor> heads;
  for (const int head : network_.heads) {
    const torch::Tensor logits = tensors[static_cast<size_t>(head)].flatten(1).to(at::kFloat);
    heads.push_back(torch::where(is_finite, logits, std::numeric_limits<float>::quiet_NaN()).contiguous());
  }
  return heads;
}

torch::Tensor LibtorchEngine::compute(size_t index, const torch::Tensor& input) const {
  const Layer& layer = network_.layers[index];
  switch (layer.kind) {
    case Layer::Kind::kConvolution: {
      const torch::Tensor output =
          torch::conv2d(input, weights_[index], biases_[index], layer.stride, layer.padding);
      return layer.relu ? output.relu() : output;
    }
    case Layer::Kind::kMaxPool:
      return torch::max_pool2d(input, layer.kernel_size, layer.stride, layer.padding, 1, layer.ceil);
    case Layer::Kind::kAveragePool:
      return layer.kernel_size > 0
                 ? torch::avg_pool2d(input, layer.kernel_size, layer.stride)
                 : torch::adaptive_avg_pool2d(input, {layer.output_size, layer.output_size});
    case Layer::Kind::kLocalResponseNorm: {
      const auto options =
          torch::nn::functional::LocalResponseNormFuncOptions(5).alpha(layer.alpha).beta(0.75).k(layer.k);
      return torch::nn::functional::local_response_norm(input.to(at::kFloat), options).to(dtype_);
    }
  }
  throw core::Error("UNSUPPORTED", "There is no such layer.");
}

}  // namespace googlenet::lowering
