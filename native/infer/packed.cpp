#include "infer/packed.h"

#ifdef __linux__
#include <sys/mman.h>
#endif

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <new>
#include <thread>

#include "core/error.h"
#include "kernels/pack.h"

namespace googlenet::infer {

using kernels::ConvKernel;
using kernels::Number;
using kernels::Tier;

namespace {

constexpr size_t kCacheLine = 64;
#if defined(__linux__) && !defined(__SANITIZE_ADDRESS__)
constexpr size_t kSmallestMapped = size_t{1} << 20;
#endif

Number number_of(const Network& network, Precision precision, size_t value) {
  for (const int head : network.heads)
    if (static_cast<size_t>(head) == value) return Number::kFloat;
  if (precision == Precision::kFloat) return Number::kFloat;
  return precision == Precision::kByte && network.values[value].scale > 0 ? Number::kByte : Number::kBfloat16;
}

float scale_of(const Network& network, const std::vector<Number>& numbers, int value) {
  return numbers[value] == Number::kByte ? network.values[value].scale : 1;
}

// On smaller maps there are too few tiles for what reading up to four times the weights costs, and on smaller
// ones than the second for any but the tiles with the fewest weights.
constexpr int kLeastWinogradSide = 10;
constexpr int kLeastLargeTilesSide = 20;

const kernels::WinogradKernel* winograd_of(Tier tier, const Layer& layer, kernels::Size map) {
  const int side = std::min(map.height, map.width);
  if (layer.stride != 1 || layer.padding != layer.window / 2 || side < kLeastWinogradSide) return nullptr;
  const kernels::WinogradKernel* best = nullptr;
  for (const kernels::WinogradKernel& kernel : kernels::winograd_kernels(tier)) {
    if (kernel.window != layer.window) continue;
    best = &kernel;
    if (side >= kLeastLargeTilesSide) break;
  }
  return best;
}

const kernels::RowsKernel* rows_of(Tier tier, const Layer& layer, int inputs) {
  const bool fits = layer.window == kernels::kRowsWindow && layer.stride == kernels::kRowsStride &&
                    layer.padding == kernels::kRowsPadding && inputs <= kernels::kRowsMostInputs;
  return fits ? kernels::rows_kernel(tier) : nullptr;
}

// Pictures for which that is decided: weights are packed once for all sizes.
constexpr kernels::Size kUsualPicture = {224, 224};

// Both null for the usual way.
struct Way {
  const kernels::WinogradKernel* winograd = nullptr;
  const kernels::RowsKernel* rows = nullptr;
};

std::vector<Way> ways_of(const Network& network, const Settings& settings) {
  // Throws for networks through which no such picture fits, whatever the precision.
  const std::vector<kernels::Size> sizes = map_sizes(network, kUsualPicture);
  std::vector<Way> ways(network.layers.size());
  if (!settings.winograd || network.precision != Precision::kFloat) return ways;
  for (size_t i = 0; i < ways.size(); ++i) {
    const Layer& layer = network.layers[i];
    const auto input = static_cast<size_t>(layer.input);
    if (layer.kind != Layer::Kind::kConvolution) continue;
    ways[i] = {winograd_of(settings.tier, layer, sizes[input]),
               rows_of(settings.tier, layer, network.values[input].channels)};
  }
  return ways;
}

kernels::ConvWeights weights_of(const PackedNetwork& packed, const Layer& layer) {
  const int inputs = packed.network.values[layer.input].channels;
  return {layer.weights, layer.outputs, inputs, layer.window, packed.stored_channels(layer.input)};
}

// Everything but the weights, which have their memory.
PackedConvolution describe_layer(const PackedNetwork& packed, const Layer& layer, const Way& way) {
  const auto& [network, settings, numbers, convolutions] = packed;
  const Number input = numbers[layer.input];
  const ConvKernel* kernel = kernels::conv_kernel(settings.tier, input);
  if (kernel == nullptr || kernel->to[static_cast<int>(numbers[layer.output])] == nullptr)
    throw core::Error("UNSUPPORTED", "No kernel of this tier computes " + layer.name + " in this precision.");
  const int inputs = network.values[layer.input].channels;
  const int64_t bytes = way.winograd ? way.winograd->weights_bytes({inputs, layer.outputs})
                        : way.rows   ? way.rows->weights_bytes(inputs, layer.outputs)
                                     : kernels::packed_bytes(*kernel, weights_of(packed, layer));
  PackedConvolution result = {kernel, AlignedBytes(bytes), {}, {}, inputs, way.winograd, way.rows};
  const float from = scale_of(network, numbers, layer.input), to = scale_of(network, numbers, layer.output);
  for (int i = 0; i < layer.outputs; ++i) {
    const float weight_scale = input == Number::kByte ? layer.weight_scales[i] : 1;
    if (input == Number::kByte || to != 1) result.scale.push_back(from * weight_scale / to);
    result.bias.push_back(layer.bias[i] / to);
  }
  return result;
}

void pack_layer(const PackedNetwork& packed, size_t index) {
  const Layer& layer = packed.network.layers[index];
  const PackedConvolution& convolution = *packed.convolutions[index];
  if (convolution.winograd != nullptr) {
    convolution.winograd->pack(reinterpret_cast<const float*>(layer.weights),
                               {convolution.inputs, layer.outputs},
                               reinterpret_cast<float*>(convolution.weights.data()));
  } else if (convolution.rows != nullptr) {
    convolution.rows->pack(reinterpret_cast<const float*>(layer.weights), convolution.inputs, layer.outputs,
                           reinterpret_cast<float*>(convolution.weights.data()));
  } else {
    kernels::pack(*convolution.kernel, weights_of(packed, layer), convolution.weights.data());
  }
}

// Threads that do some work, and have ended when this does; std::jthread, which libc++ lacks before
// version 20.
class Joined {
 public:
  template <typename Work>
  Joined(int count, const Work& work) {
    try {
      for (int thread = 0; thread < count; ++thread) threads_.emplace_back(work);
    } catch (...) {
      join();
      throw;
    }
  }
  ~Joined() { join(); }
  Joined(const Joined&) = delete;
  Joined& operator=(const Joined&) = delete;

 private:
  void join() {
    for (std::thread& thread : threads_) thread.join();
  }

  std::vector<std::thread> threads_;
};

}  // namespace

bool can_compute(Tier tier, Precision precision) {
  const auto has = [tier](Number number) { return kernels::conv_kernel(tier, number) != nullptr; };
  if (precision == Precision::kFloat) return has(Number::kFloat);
  // Pictures and logits of networks of bytes are none.
  return has(Number::kBfloat16) && (precision == Precision::kBfloat16 || has(Number::kByte));
}

// Large blocks come from the system itself, so that they go back to it when they are freed: malloc keeps some
// for later. AddressSanitizer watches the ends of malloc's.
AlignedBytes::AlignedBytes(int64_t size) : data_(nullptr, Free{0}), size_(size) {
  const size_t whole = (static_cast<size_t>(size) / kCacheLine + 1) * kCacheLine;  // never none
#if defined(__linux__) && !defined(__SANITIZE_ADDRESS__)
  if (whole >= kSmallestMapped) {
    void* memory = mmap(nullptr, whole, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw std::bad_alloc();
    data_ = {static_cast<std::byte*>(memory), Free{whole}};
    return;
  }
#endif
  data_.reset(static_cast<std::byte*>(std::aligned_alloc(kCacheLine, whole)));
  if (!data_) throw std::bad_alloc();
}

void AlignedBytes::Free::operator()(std::byte* bytes) const {
#ifdef __linux__
  if (mapped > 0) {
    munmap(bytes, mapped);
    return;
  }
#endif
  std::free(bytes);
}

PackedNetwork::PackedNetwork(const Network& from, const Settings& settings_, int threads)
    : network(from), settings(settings_) {
  for (size_t value = 0; value < network.values.size(); ++value)
    numbers.push_back(number_of(network, network.precision, value));
  const std::vector<Way> ways = ways_of(network, settings);
  for (size_t i = 0; i < network.layers.size(); ++i) {
    convolutions.emplace_back();
    const Layer& layer = network.layers[i];
    if (layer.kind == Layer::Kind::kConvolution) convolutions.back() = describe_layer(*this, layer, ways[i]);
  }
  pack_weights(threads);
  for (Layer& layer : network.layers) {
    layer.weights = nullptr;
    layer.bias = layer.weight_scales = nullptr;
  }
}

void PackedNetwork::pack_weights(int threads) {
  std::atomic<size_t> next{0};
  const auto work = [&] {
    for (size_t i = next++; i < convolutions.size(); i = next++)
      if (convolutions[i]) pack_layer(*this, i);
  };
  const Joined helpers(threads - 1, work);
  work();
}

int64_t PackedNetwork::bytes() const {
  int64_t bytes = 0;
  for (const auto& convolution : convolutions)
    if (convolution) bytes += convolution->weights.size();
  return bytes;
}

int PackedNetwork::stored_channels(int value) const {
  const bool is_padded = value == 0 && settings.tier == Tier::kAmx;
  return is_padded ? 4 : network.values[static_cast<size_t>(value)].channels;
}

const ConvKernel* PackedNetwork::any_kernel() const {
  for (const auto& convolution : convolutions) {
    if (convolution) return convolution->kernel;
  }
  throw core::Error("INVALID_ARGUMENT", "The plan has no convolution.");
}

}  // namespace googlenet::infer
