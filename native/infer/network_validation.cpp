#include <algorithm>

#include "core/error.h"
#include "infer/network.h"
#include "kernels/feature_maps.h"

namespace googlenet::infer {

namespace {

// Beyond every network of the field, and small enough that products of sizes stay far from overflow.
constexpr size_t kMaxLayers = 4096;
constexpr int kMaxChannels = 1 << 16;
constexpr int kMaxKernelSize = 16;
constexpr int kMaxOutputSize = 64;

void require(bool is_true, const std::string& name, const char* what) {
  if (!is_true) throw core::Error("INVALID_ARGUMENT", "Layer '" + name + "' of the plan " + what + ".");
}

bool is_within(int value, int low, int high) {
  return value >= low && value <= high;
}

void check_window(const Layer& layer) {
  require(is_within(layer.stride, 1, kMaxKernelSize), layer.name, "has an impossible stride");
  const bool is_adaptive = layer.kind == Layer::Kind::kAveragePool && layer.kernel_size == 0;
  if (is_adaptive)
    return require(is_within(layer.output_size, 1, kMaxOutputSize), layer.name, "has an impossible size");
  require(is_within(layer.kernel_size, 1, kMaxKernelSize), layer.name, "has an impossible kernel size");
  const int max_padding = layer.kind == Layer::Kind::kAveragePool ? 0 : layer.kernel_size / 2;
  require(is_within(layer.padding, 0, max_padding), layer.name, "has an impossible padding");
  if (layer.kind == Layer::Kind::kMaxPool)
    require(is_within(layer.kernel_size, 2, 3), layer.name, "pools by a kernel that is neither 2×2 nor 3×3");
  else
    require(!layer.ceil, layer.name, "rounds sizes up, which only pools do");
}

// Keeps which channels of each tensor have been written.
class WrittenChannels {
 public:
  explicit WrittenChannels(const Network& network) : may_be_negative_(network.tensors.size(), false) {
    for (const TensorSpec& tensor : network.tensors)
      channels_.emplace_back(static_cast<size_t>(tensor.channels), false);
    channels_[0].assign(channels_[0].size(), true);
    may_be_negative_[0] = true;
  }

  bool may_be_negative(int tensor) const { return may_be_negative_[tensor]; }

  bool is_complete(int tensor) const {
    return std::all_of(channels_[tensor].begin(), channels_[tensor].end(),
                       [](bool written) { return written; });
  }

  // False where one of them has been written before.
  bool write(const Layer& layer) {
    std::vector<bool>& channels = channels_[layer.output];
    for (int c = layer.channel; c < layer.channel + layer.outputs; ++c) {
      if (channels[c]) return false;
      channels[c] = true;
    }
    const bool is_convolution = layer.kind == Layer::Kind::kConvolution;
    if (is_convolution ? !layer.relu : may_be_negative_[layer.input]) may_be_negative_[layer.output] = true;
    return true;
  }

 private:
  std::vector<bool> may_be_negative_;
  std::vector<std::vector<bool>> channels_;
};

void check_layer(const Network& network, const Layer& layer) {
  const int tensors = static_cast<int>(network.tensors.size());
  require(is_within(layer.input, 0, tensors - 1) && is_within(layer.output, 1, tensors - 1), layer.name,
          "reads or writes a tensor that does not exist");
  const int inputs = network.tensors[layer.input].channels, outputs = network.tensors[layer.output].channels;
  require(is_within(layer.outputs, 1, outputs) && is_within(layer.channel, 0, outputs - layer.outputs),
          layer.name, "writes channels that do not exist");
  const auto is_head = [&](int tensor) {
    return std::find(network.heads.begin(), network.heads.end(), tensor) != network.heads.end();
  };
  require(!is_head(layer.input), layer.name, "reads logits");
  if (layer.kind == Layer::Kind::kConvolution) {
    require(layer.weights != nullptr && layer.bias != nullptr, layer.name, "has no weights");
    require(weight_size(network, layer) > 1 || layer.weight_scales != nullptr, layer.name, "has no scales");
    return check_window(layer);
  }
  require(layer.outputs == inputs, layer.name, "has other channels than its input");
  require(!is_head(layer.output), layer.name, "writes logits and is no convolution");
  require(layer.input != 0, layer.name, "reads the image and is no convolution");
  const bool reads_uint8 = network.tensors[layer.input].scale > 0;
  const bool writes_uint8 = network.tensors[layer.output].scale > 0;
  require(layer.kind == Layer::Kind::kAveragePool || reads_uint8 == writes_uint8, layer.name,
          "has another data type than its input");
  if (layer.kind == Layer::Kind::kLocalResponseNorm)
    require(inputs <= kernels::kMaxNormalizedChannels, layer.name, "normalizes too many channels");
  else
    check_window(layer);
}

}  // namespace

void validate(const Network& network) {
  const auto fail = [](const char* what) {
    throw core::Error("INVALID_ARGUMENT", std::string("The plan ") + what + ".");
  };
  if (network.tensors.empty() || network.tensors[0].channels != 3 || network.tensors[0].scale != 0)
    fail("has no image of three channels");
  if (network.tensors.size() > kMaxLayers || network.layers.size() > kMaxLayers) fail("has too many layers");
  for (const TensorSpec& tensor : network.tensors) {
    if (!is_within(tensor.channels, 1, kMaxChannels))
      fail("has a tensor with an impossible number of channels");
    if (tensor.scale != 0 && (network.precision != Precision::kInt8 || !(tensor.scale > 0)))
      fail("has a scale for a tensor that is not uint8");
  }
  if (!is_within(static_cast<int>(network.heads.size()), 1, 3)) fail("does not have one to three heads");
  for (const int head : network.heads) {
    if (!is_within(head, 1, static_cast<int>(network.tensors.size()) - 1))
      fail("has a head that does not exist");
    if (network.tensors[head].scale != 0) fail("has logits in uint8");
  }
  WrittenChannels written(network);
  for (const Layer& layer : network.layers) {
    check_layer(network, layer);
    require(written.is_complete(layer.input), layer.name, "reads what has not been written");
    // Kernels compare the bits of bfloat16 as integers: the right order for values that are not negative.
    require(layer.kind != Layer::Kind::kMaxPool || network.precision == Precision::kFloat32 ||
                !written.may_be_negative(layer.input),
            layer.name, "pools values that may be negative");
    require(layer.input != layer.output && written.write(layer), layer.name, "writes what has been written");
  }
  for (size_t tensor = 0; tensor < network.tensors.size(); ++tensor) {
    if (!written.is_complete(static_cast<int>(tensor))) fail("has a tensor that nothing writes");
  }
}

}  // namespace googlenet::infer
