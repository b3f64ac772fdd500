#include "infer/packed.h"

#include <sys/mman.h>

#include <cstdlib>
#include <cstring>
#include <new>

#include "core/error.h"
#include "infer/kernels/pack.h"
#include "infer/kernels/winograd.h"

namespace googlenet {

using kernels::ConvKernel;
using kernels::Number;
using kernels::Tier;

namespace {

constexpr size_t kCacheLine = 64;

Number number_of(const Network& network, Precision precision, size_t value) {
  for (const int head : network.heads)
    if (static_cast<size_t>(head) == value) return Number::kFloat;
  if (precision == Precision::kFloat) return Number::kFloat;
  return precision == Precision::kByte && network.values[value].scale > 0 ? Number::kByte : Number::kBfloat16;
}

float scale_of(const Network& network, const std::vector<Number>& numbers, int value) {
  return numbers[value] == Number::kByte ? network.values[value].scale : 1;
}

PackedConvolution pack_layer(const PackedNetwork& packed, const Layer& layer) {
  const auto& [network, settings, numbers, convolutions] = packed;
  const Number input = numbers[layer.input];
  // Floats of a network of tiles are computed by AVX-512.
  const Tier tier = settings.tier == Tier::kAmx && input == Number::kFloat ? Tier::kAvx512 : settings.tier;
  const ConvKernel* kernel = kernels::conv_kernel(tier, input);
  if (kernel == nullptr || kernel->to[static_cast<int>(numbers[layer.output])] == nullptr)
    throw Error("UNSUPPORTED", "No kernel of this tier computes " + layer.name + " in this precision.");
  const int inputs = network.values[layer.input].channels;
  const int stored = layer.input == 0 && input == Number::kBfloat16 ? 4 : inputs;
  const kernels::ConvWeights weights = {layer.weights, layer.outputs, inputs, layer.window, stored};
  const bool winograd = settings.winograd && kernel == kernels::conv_kernel(Tier::kAvx512, Number::kFloat) &&
                        layer.window == 3 && layer.stride == 1 && layer.padding == 1;

  const int64_t bytes = winograd ? kernels::winograd_weights_bytes(layer.outputs, inputs)
                                 : kernels::packed_bytes(*kernel, weights);
  PackedConvolution result = {kernel, AlignedBytes(bytes), {}, {}, inputs, winograd};
  if (winograd) {
    kernels::pack_winograd(reinterpret_cast<const float*>(layer.weights), layer.outputs, inputs,
                           reinterpret_cast<float*>(result.weights.data()));
  } else {
    kernels::pack(*kernel, weights, result.weights.data());
  }
  const float from = scale_of(network, numbers, layer.input), to = scale_of(network, numbers, layer.output);
  for (int i = 0; i < layer.outputs; ++i) {
    const float weight_scale = input == Number::kByte ? layer.weight_scales[i] : 1;
    if (input == Number::kByte || to != 1) result.scale.push_back(from * weight_scale / to);
    result.bias.push_back(layer.bias[i] / to);
  }
  return result;
}

}  // namespace

AlignedBytes::AlignedBytes(int64_t size) : size_(size) {
  const size_t al = size > (1 << 20) ? (2 << 20) : kCacheLine;
  const size_t whole = (static_cast<size_t>(size) + al - 1) / al * al;
  data_.reset(static_cast<std::byte*>(std::aligned_alloc(al, whole)));
  if (!data_) throw std::bad_alloc();
  if (al > 64) madvise(data_.get(), whole, MADV_HUGEPAGE);
  std::memset(data_.get(), 0, whole);
}

void AlignedBytes::Free::operator()(std::byte* bytes) const {
  std::free(bytes);
}

PackedNetwork::PackedNetwork(const Network& from, const Settings& settings_)
    : network(from), settings(settings_) {
  for (size_t value = 0; value < network.values.size(); ++value)
    numbers.push_back(number_of(network, network.precision, value));
  for (Layer& layer : network.layers) {
    if (layer.kind == Layer::Kind::kConvolution) {
      convolutions.emplace_back(pack_layer(*this, layer));
    } else {
      convolutions.emplace_back();
    }
    layer.weights = nullptr;
    layer.bias = layer.weight_scales = nullptr;
  }
}

const ConvKernel* PackedNetwork::main_kernel() const {
  const bool has_tiles = settings.tier == Tier::kAmx && network.precision != Precision::kFloat;
  for (const auto& convolution : convolutions) {
    if (convolution && (!has_tiles || convolution->kernel->tier == Tier::kAmx)) return convolution->kernel;
  }
  throw Error("INVALID_ARGUMENT", "The plan has no convolution.");
}

}  // namespace googlenet
