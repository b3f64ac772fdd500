#include "infer/packed_network.h"

#include <algorithm>

#include "core/error.h"
#include "kernels/conv_weights.h"

namespace googlenet::infer {

using kernels::ConvKernel;
using kernels::DType;
using kernels::InstructionSet;

namespace {

DType dtype_of(const Network& network, int tensor) {
  const bool is_head = std::find(network.heads.begin(), network.heads.end(), tensor) != network.heads.end();
  if (is_head || network.precision == Precision::kFloat32) return DType::kFloat32;
  const bool is_quantized = network.precision == Precision::kInt8 && network.tensors[tensor].scale > 0;
  return is_quantized ? DType::kUint8 : DType::kBfloat16;
}

int64_t packed_bytes(const ConvKernel& kernel, const ConvAlgorithm& algorithm,
                     const kernels::ConvWeights& weights) {
  if (algorithm.winograd) return algorithm.winograd->weights_bytes({weights.inputs, weights.outputs});
  if (algorithm.winograd_rows) return algorithm.winograd_rows->weights_bytes(weights.inputs, weights.outputs);
  return kernels::packed_bytes(kernel, weights);
}

kernels::ConvWeights weights_of(const PackedNetwork& packed, const Layer& layer) {
  const int inputs = packed.network.tensors[layer.input].channels;
  return {layer.weights, layer.outputs, inputs, layer.kernel_size, packed.stored_channels(layer.input)};
}

}  // namespace

bool can_compute(InstructionSet set, Precision precision) {
  const auto has = [set](DType dtype) { return kernels::find_conv_kernel(set, dtype) != nullptr; };
  if (precision == Precision::kFloat32) return has(DType::kFloat32);
  // Images and logits of int8 networks are not quantized.
  return has(DType::kBfloat16) && (precision == Precision::kBfloat16 || has(DType::kUint8));
}

PackedNetwork::PackedNetwork(const Network& from, const Settings& settings_, ThreadPool& threads)
    : network(from), settings(settings_) {
  for (size_t tensor = 0; tensor < network.tensors.size(); ++tensor)
    dtypes.push_back(dtype_of(network, static_cast<int>(tensor)));
  const std::vector<ConvAlgorithm> algorithms = choose_algorithms(network, settings);
  for (size_t i = 0; i < network.layers.size(); ++i) {
    convolutions.emplace_back();
    const Layer& layer = network.layers[i];
    if (layer.kind == Layer::Kind::kConvolution) convolutions.back() = describe(layer, algorithms[i]);
  }
  pack_all(threads);
  for (Layer& layer : network.layers) {
    layer.weights = nullptr;
    layer.bias = layer.weight_scales = nullptr;
  }
}

// Everything but the weights, which get their memory.
PackedConvolution PackedNetwork::describe(const Layer& layer, const ConvAlgorithm& algorithm) const {
  const DType input = dtypes[layer.input], output = dtypes[layer.output];
  const ConvKernel* kernel = kernels::find_conv_kernel(settings.instruction_set, input);
  if (kernel == nullptr || kernel->to[static_cast<int>(output)] == nullptr)
    throw core::Error("UNSUPPORTED",
                      "No kernel of this instruction set computes " + layer.name + " in this precision.");
  const kernels::ConvWeights weights = weights_of(*this, layer);
  PackedConvolution result = {
      kernel, AlignedBytes(packed_bytes(*kernel, algorithm, weights)), {}, {}, weights.inputs, algorithm};
  const float from = scale_of(layer.input), to = scale_of(layer.output);
  for (int i = 0; i < layer.outputs; ++i) {
    const float weight_scale = input == DType::kUint8 ? layer.weight_scales[i] : 1;
    if (input == DType::kUint8 || to != 1) result.scale.push_back(from * weight_scale / to);
    result.bias.push_back(layer.bias[i] / to);
  }
  return result;
}

float PackedNetwork::scale_of(int tensor) const {
  return dtypes[tensor] == DType::kUint8 ? network.tensors[tensor].scale : 1;
}

void PackedNetwork::pack(size_t index) {
  const Layer& layer = network.layers[index];
  PackedConvolution& convolution = *convolutions[index];
  const auto* weights = reinterpret_cast<const float*>(layer.weights);
  auto* packed = reinterpret_cast<float*>(convolution.weights.data());
  if (const auto* winograd = convolution.algorithm.winograd) {
    winograd->pack(weights, {convolution.inputs, layer.outputs}, packed);
  } else if (const auto* rows = convolution.algorithm.winograd_rows) {
    rows->pack(weights, convolution.inputs, layer.outputs, packed);
  } else {
    kernels::pack(*convolution.kernel, weights_of(*this, layer), convolution.weights.data());
  }
}

void PackedNetwork::pack_all(ThreadPool& threads) {
  threads.for_each(static_cast<int>(convolutions.size()), [this](int layer) {
    if (convolutions[static_cast<size_t>(layer)]) pack(static_cast<size_t>(layer));
  });
}

int64_t PackedNetwork::bytes() const {
  int64_t bytes = 0;
  for (const auto& convolution : convolutions)
    if (convolution) bytes += convolution->weights.size();
  return bytes;
}

int PackedNetwork::stored_channels(int tensor) const {
  const bool is_padded = tensor == 0 && settings.instruction_set == InstructionSet::kAmx;
  return is_padded ? 4 : network.tensors[static_cast<size_t>(tensor)].channels;
}

const ConvKernel* PackedNetwork::any_kernel() const {
  for (const auto& convolution : convolutions) {
    if (convolution) return convolution->kernel;
  }
  throw core::Error("INVALID_ARGUMENT", "The plan has no convolution.");
}

}  // namespace googlenet::infer
