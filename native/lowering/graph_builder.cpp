#include "lowering/graph_builder.h"

#include <algorithm>
#include <utility>

#include "core/error.h"
#include "lowering/quantize.h"

namespace googlenet::lowering {

using infer::Layer;
using infer::Network;
using infer::Precision;

namespace {

// Arithmetic on weights is done in double and rounded once, at the end.
torch::Tensor wide(const torch::Tensor& tensor) {
  return tensor.detach().to(at::kCPU, at::kDouble);
}

}  // namespace

void unsupported(const std::string& module) {
  throw core::Error("UNSUPPORTED", "No engine has the layers of '" + module + "'. Use the model itself.");
}

GraphBuilder::GraphBuilder(Precision precision) {
  lowered_.network.precision = precision;
  std::fill_n(lowered_.network.image_scale, 3, 1.f);
  std::fill_n(lowered_.network.image_shift, 3, 0.f);
  new_tensor(3, kImageSize);
}

int GraphBuilder::add_convolution(const std::string& name, int input, const Window& window,
                                  const torch::Tensor& weight, const torch::Tensor& bias) {
  const int size = (sizes_[input] + static_cast<int>(2 * window.padding - window.kernel_size)) /
                       static_cast<int>(window.stride) +
                   1;
  Layer& layer = add_layer(name, Layer::Kind::kConvolution, input, static_cast<int>(weight.size(0)), size);
  layer.kernel_size = static_cast<int>(window.kernel_size);
  layer.stride = static_cast<int>(window.stride);
  layer.padding = static_cast<int>(window.padding);
  set_weights(layer, weight, bias);
  return layer.output;
}

int GraphBuilder::add_linear(const std::string& name, int input, const torch::Tensor& weight,
                             const torch::Tensor& bias) {
  const int size = sizes_[input];
  const int64_t channels = channels_of(input);
  if (weight.size(1) != channels * size * size) unsupported(name);
  return add_convolution(name, input, {size, /*stride=*/1, /*padding=*/0},
                         weight.reshape({-1, channels, size, size}), bias);
}

int GraphBuilder::add_max_pool(const std::string& name, int input, const Window& window, bool ceil_mode) {
  const int past = sizes_[input] + static_cast<int>(2 * window.padding - window.kernel_size);
  const int stride = static_cast<int>(window.stride);
  const int size = (ceil_mode ? (past + stride - 1) / stride : past / stride) + 1;
  Layer& layer = add_layer(name, Layer::Kind::kMaxPool, input, channels_of(input), size);
  layer.kernel_size = static_cast<int>(window.kernel_size);
  layer.stride = stride;
  layer.padding = static_cast<int>(window.padding);
  layer.ceil = ceil_mode;
  return layer.output;
}

int GraphBuilder::add_average_pool(const std::string& name, int input, int64_t kernel_size, int64_t stride) {
  const int size = (sizes_[input] - static_cast<int>(kernel_size)) / static_cast<int>(stride) + 1;
  Layer& layer = add_layer(name, Layer::Kind::kAveragePool, input, channels_of(input), size);
  layer.kernel_size = static_cast<int>(kernel_size);
  layer.stride = static_cast<int>(stride);
  return layer.output;
}

int GraphBuilder::add_adaptive_average_pool(const std::string& name, int input, int64_t output_size) {
  const int size = static_cast<int>(output_size);
  Layer& layer = add_layer(name, Layer::Kind::kAveragePool, input, channels_of(input), size);
  layer.output_size = size;
  return layer.output;
}

int GraphBuilder::add_local_response_norm(const std::string& name, int input, double alpha, double k) {
  Layer& layer = add_layer(name, Layer::Kind::kLocalResponseNorm, input, channels_of(input), sizes_[input]);
  layer.alpha = static_cast<float>(alpha);
  layer.k = static_cast<float>(k);
  return layer.output;
}

bool GraphBuilder::fold_batch_norm(int input, const torch::Tensor& weight, const torch::Tensor& bias,
                                   const torch::Tensor& mean, const torch::Tensor& variance, double epsilon) {
  const Layer& layer = only_writer(input);
  if (layer.kind != Layer::Kind::kConvolution || layer.relu) return false;
  const torch::Tensor factor = wide(weight) / (wide(variance) + epsilon).sqrt();
  torch::Tensor& conv_weight = lowered_.weights[index_of(layer)];
  torch::Tensor& conv_bias = lowered_.biases[index_of(layer)];
  conv_weight = conv_weight * factor.reshape({-1, 1, 1, 1});
  conv_bias = (conv_bias - wide(mean)) * factor + wide(bias);
  return true;
}

void GraphBuilder::add_relu(int input) {
  Layer& layer = only_writer(input);
  if (layer.kind != Layer::Kind::kConvolution) {
    throw core::Error("UNSUPPORTED",
                      "No engine has a ReLU after '" + layer.name + "'. Use the model itself.");
  }
  layer.relu = true;
}

int GraphBuilder::concatenate(const std::vector<int>& inputs) {
  int channels = 0;
  for (const int input : inputs) channels += channels_of(input);
  const int whole = new_tensor(channels, sizes_[inputs.front()]);
  int channel = 0;
  for (const int input : inputs) {
    Layer& layer = only_writer(input);
    layer.output = whole;
    layer.channel = channel;
    channel += channels_of(input);
  }
  remove_tensors(inputs);
  return static_cast<int>(lowered_.network.tensors.size()) - 1;
}

void GraphBuilder::set_image_transform(int channel, float scale, float shift) {
  lowered_.network.image_scale[channel] = scale;
  lowered_.network.image_shift[channel] = shift;
}

void GraphBuilder::set_heads(std::vector<int> heads) {
  lowered_.network.heads = std::move(heads);
}

Lowered GraphBuilder::finish(const std::vector<float>& amax) {
  Network& network = lowered_.network;
  if (network.precision == Precision::kInt8) quantize(lowered_, amax);
  const auto dtype = network.precision == Precision::kFloat32 ? at::kFloat : at::kBFloat16;
  for (size_t i = 0; i < network.layers.size(); ++i) {
    torch::Tensor& weight = lowered_.weights[i];
    torch::Tensor& bias = lowered_.biases[i];
    if (!weight.defined()) continue;
    if (weight.scalar_type() != at::kChar) weight = weight.to(dtype);
    weight = weight.contiguous();
    bias = bias.to(at::kFloat).contiguous();
    Layer& layer = network.layers[i];
    layer.weights = static_cast<const std::byte*>(weight.const_data_ptr());
    layer.bias = bias.const_data_ptr<float>();
    if (weight.scalar_type() == at::kChar) layer.weight_scales = lowered_.scales[i].const_data_ptr<float>();
  }
  validate(network);
  return std::move(lowered_);
}

int GraphBuilder::channels_of(int tensor) const {
  return lowered_.network.tensors[tensor].channels;
}

int GraphBuilder::new_tensor(int channels, int size) {
  lowered_.network.tensors.push_back({channels, 0});
  sizes_.push_back(size);
  return static_cast<int>(lowered_.network.tensors.size()) - 1;
}

void GraphBuilder::remove_tensors(std::vector<int> tensors) {
  std::sort(tensors.rbegin(), tensors.rend());
  for (const int tensor : tensors) {
    lowered_.network.tensors.erase(lowered_.network.tensors.begin() + tensor);
    sizes_.erase(sizes_.begin() + tensor);
    for (Layer& layer : lowered_.network.layers) {
      if (layer.input > tensor) --layer.input;
      if (layer.output > tensor) --layer.output;
    }
  }
}

Layer& GraphBuilder::add_layer(const std::string& name, Layer::Kind kind, int input, int outputs, int size) {
  Layer layer = {};
  layer.name = name;
  layer.kind = kind;
  layer.input = input;
  layer.outputs = outputs;
  layer.stride = 1;
  layer.output = new_tensor(outputs, size);
  lowered_.network.layers.push_back(std::move(layer));
  lowered_.weights.emplace_back();
  lowered_.biases.emplace_back();
  return lowered_.network.layers.back();
}

Layer& GraphBuilder::only_writer(int tensor) {
  Layer* found = nullptr;
  for (Layer& layer : lowered_.network.layers) {
    if (layer.output != tensor) continue;
    if (found != nullptr)
      throw core::Error("UNSUPPORTED", "'" + layer.name + "' shares its output with others.");
    found = &layer;
  }
  if (found == nullptr)
    throw core::Error("UNSUPPORTED", "The network begins with a layer that no engine has.");
  return *found;
}

size_t GraphBuilder::index_of(const Layer& layer) const {
  return static_cast<size_t>(&layer - lowered_.network.layers.data());
}

void GraphBuilder::set_weights(const Layer& layer, const torch::Tensor& weight, const torch::Tensor& bias) {
  lowered_.weights[index_of(layer)] = wide(weight);
  lowered_.biases[index_of(layer)] =
      bias.defined() ? wide(bias) : torch::zeros({weight.size(0)}, at::kDouble);
}

}  // namespace googlenet::lowering
