#include "infer/network.h"

#include <algorithm>

#include "core/error.h"

namespace googlenet::infer {

namespace {

// Beyond every network of the field, and small enough that products of sizes stay far from overflow.
constexpr int kMostLayers = 4096;
constexpr int kMostChannels = 1 << 16;
constexpr int kMostNormalized = 1024;
constexpr int kLargestWindow = 16;
constexpr int kLargestSide = 64;

void require(bool is_true, const std::string& name, const char* what) {
  if (!is_true) throw core::Error("INVALID_ARGUMENT", "Layer '" + name + "' of the plan " + what + ".");
}

bool is_within(int number, int least, int most) {
  return number >= least && number <= most;
}

void check_window(const Layer& layer) {
  require(is_within(layer.stride, 1, kLargestWindow), layer.name, "has an impossible stride");
  const bool is_adaptive = layer.kind == Layer::Kind::kAverage && layer.window == 0;
  if (is_adaptive)
    return require(is_within(layer.side, 1, kLargestSide), layer.name, "has an impossible size");
  require(is_within(layer.window, 1, kLargestWindow), layer.name, "has an impossible window");
  const int most_padding = layer.kind == Layer::Kind::kAverage ? 0 : layer.window / 2;
  require(is_within(layer.padding, 0, most_padding), layer.name, "has an impossible padding");
  if (layer.kind == Layer::Kind::kMaxPool)
    require(is_within(layer.window, 2, 3), layer.name, "pools by windows that are neither 2×2 nor 3×3");
  else
    require(!layer.ceil, layer.name, "rounds sizes up, which only pools do");
}

// Channels of each value, with who has written them so far.
class Written {
 public:
  explicit Written(const Network& network) : may_be_negative_(network.values.size(), false) {
    for (const Value& value : network.values)
      channels_.emplace_back(static_cast<size_t>(value.channels), false);
    channels_[0].assign(channels_[0].size(), true);
    may_be_negative_[0] = true;
  }

  bool may_be_negative(int value) const { return may_be_negative_[value]; }

  bool is_complete(int value) const {
    return std::all_of(channels_[value].begin(), channels_[value].end(),
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
  const int values = static_cast<int>(network.values.size());
  require(is_within(layer.input, 0, values - 1) && is_within(layer.output, 1, values - 1), layer.name,
          "reads or writes a value that is not there");
  const int inputs = network.values[layer.input].channels, outputs = network.values[layer.output].channels;
  require(is_within(layer.outputs, 1, outputs) && is_within(layer.channel, 0, outputs - layer.outputs),
          layer.name, "writes channels that are not there");
  const auto is_head = [&](int value) {
    return std::find(network.heads.begin(), network.heads.end(), value) != network.heads.end();
  };
  require(!is_head(layer.input), layer.name, "reads logits");
  if (layer.kind == Layer::Kind::kConvolution) {
    require(layer.weights != nullptr && layer.bias != nullptr, layer.name, "has no weights");
    require(size_of_weight(network, layer) > 1 || layer.weight_scales != nullptr, layer.name,
            "has no scales");
    return check_window(layer);
  }
  require(layer.outputs == inputs, layer.name, "has other channels than its input");
  require(!is_head(layer.output), layer.name, "writes logits and is no convolution");
  require(layer.input != 0, layer.name, "reads the picture and is no convolution");
  const bool reads_bytes = network.values[layer.input].scale > 0;
  const bool writes_bytes = network.values[layer.output].scale > 0;
  require(layer.kind == Layer::Kind::kAverage || reads_bytes == writes_bytes, layer.name,
          "has numbers of another kind than its input");
  if (layer.kind == Layer::Kind::kNormalize)
    require(inputs <= kMostNormalized, layer.name, "normalises too many channels");
  else
    check_window(layer);
}

int pooled(int side, const Layer& layer) {
  const int past = side + 2 * layer.padding - layer.window + (layer.ceil ? layer.stride - 1 : 0);
  if (past < 0) return 0;
  int count = past / layer.stride + 1;
  // The last window must begin inside.
  if (layer.ceil && (count - 1) * layer.stride >= side + layer.padding) --count;
  return count;
}

kernels::Size output_size(const Layer& layer, kernels::Size input) {
  if (layer.kind == Layer::Kind::kNormalize) return input;
  if (layer.window == 0) return {layer.side, layer.side};
  return {pooled(input.height, layer), pooled(input.width, layer)};
}

}  // namespace

std::vector<kernels::Size> map_sizes(const Network& network, kernels::Size picture) {
  std::vector<kernels::Size> sizes(network.values.size(), kernels::Size{0, 0});
  sizes[0] = picture;
  for (const Layer& layer : network.layers) {
    const kernels::Size size = output_size(layer, sizes[layer.input]);
    kernels::Size& known = sizes[layer.output];
    const bool is_new = known.height == 0;
    if (size.height < 1 || size.width < 1 ||
        (!is_new && (known.height != size.height || known.width != size.width)))
      throw core::Error("INVALID_SHAPE", "Pictures of this size do not fit through " + layer.name + ".");
    known = size;
  }
  for (const int head : network.heads) {
    if (sizes[head].height != 1 || sizes[head].width != 1)
      throw core::Error("INVALID_SHAPE", "Pictures of this size leave more than one row of logits.");
  }
  return sizes;
}

int64_t number_of_weights(const Network& network, const Layer& layer) {
  return int64_t{layer.outputs} * network.values[layer.input].channels * layer.window * layer.window;
}

int64_t size_of_weight(const Network& network, const Layer& layer) {
  if (network.precision == Precision::kFloat) return 4;
  return network.precision == Precision::kByte && network.values[layer.input].scale > 0 ? 1 : 2;
}

void validate(const Network& network) {
  const auto fail = [](const char* what) {
    throw core::Error("INVALID_ARGUMENT", std::string("The plan ") + what + ".");
  };
  if (network.values.empty() || network.values[0].channels != 3 || network.values[0].scale != 0)
    fail("has no picture of three channels");
  if (network.values.size() > kMostLayers || network.layers.size() > kMostLayers) fail("has too many layers");
  for (const Value& value : network.values) {
    if (!is_within(value.channels, 1, kMostChannels)) fail("has a value of an impossible number of channels");
    if (value.scale != 0 && (network.precision != Precision::kByte || !(value.scale > 0)))
      fail("has a scale where there are no bytes");
  }
  if (!is_within(static_cast<int>(network.heads.size()), 1, 3)) fail("does not have one to three heads");
  for (const int head : network.heads) {
    if (!is_within(head, 1, static_cast<int>(network.values.size()) - 1))
      fail("has a head that is not there");
    if (network.values[head].scale != 0) fail("has logits of bytes");
  }
  Written written(network);
  for (const Layer& layer : network.layers) {
    check_layer(network, layer);
    require(written.is_complete(layer.input), layer.name, "reads what has not been written");
    // Kernels compare the bits of bfloat16, whose order is that of numbers without a sign.
    require(layer.kind != Layer::Kind::kMaxPool || network.precision == Precision::kFloat ||
                !written.may_be_negative(layer.input),
            layer.name, "pools numbers that may be negative");
    require(layer.input != layer.output && written.write(layer), layer.name, "writes what has been written");
  }
  for (size_t value = 0; value < network.values.size(); ++value) {
    if (!written.is_complete(static_cast<int>(value))) fail("has a value that nothing writes");
  }
}

}  // namespace googlenet::infer
