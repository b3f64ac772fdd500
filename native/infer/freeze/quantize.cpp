#include "infer/freeze/quantize.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"

namespace googlenet::lowering {

namespace {

constexpr float kLargestByte = 255;
constexpr double kLargestWeight = 127;

bool keeps_number(const Layer& layer) {
  return layer.kind == Layer::Kind::kMaxPool || layer.kind == Layer::Kind::kNormalize;
}

// Which values can be bytes.
std::vector<bool> find_bytes(const Network& network) {
  std::vector<bool> are_bytes(network.values.size(), true);
  are_bytes[0] = false;
  const auto forbid = [&](int value) {
    const bool changes = are_bytes[static_cast<size_t>(value)];
    are_bytes[static_cast<size_t>(value)] = false;
    return changes;
  };
  for (const int head : network.heads) forbid(head);
  for (const Layer& layer : network.layers) {
    if (layer.kind == Layer::Kind::kConvolution && !layer.relu) forbid(layer.output);
    // The last layers decide between classes: what they read keeps its precision.
    for (const int head : network.heads)
      if (layer.output == head) forbid(layer.input);
  }
  // Pools compare numbers as they are stored, so both sides are of one kind.
  for (bool changes = true; changes;) {
    changes = false;
    for (const Layer& layer : network.layers) {
      const bool input = are_bytes[static_cast<size_t>(layer.input)];
      const bool output = are_bytes[static_cast<size_t>(layer.output)];
      if (keeps_number(layer) && input != output)
        changes = forbid(input ? layer.input : layer.output) || changes;
      if (layer.kind == Layer::Kind::kAverage && !input && output) changes = forbid(layer.output) || changes;
    }
  }
  return are_bytes;
}

}  // namespace

void quantize(Frozen& frozen, const std::vector<float>& highest) {
  Network& network = frozen.network;
  if (highest.size() != network.values.size())
    throw core::Error("INVALID_ARGUMENT", "The ranges are those of another network.");
  const std::vector<bool> are_bytes = find_bytes(network);
  for (size_t value = 0; value < network.values.size(); ++value) {
    if (!are_bytes[value]) continue;
    if (!std::isfinite(highest[value]))
      throw core::Error("INVALID_ARGUMENT", "The pictures to calibrate with give NaN or infinity.");
    // What no picture has excited is zero; any scale will do.
    network.values[value].scale = highest[value] > 0 ? highest[value] / kLargestByte : 1;
  }
  for (const Layer& layer : network.layers) {
    if (layer.kind == Layer::Kind::kMaxPool)
      network.values[static_cast<size_t>(layer.output)].scale =
          network.values[static_cast<size_t>(layer.input)].scale;
  }
  frozen.scales.resize(network.layers.size());
  for (size_t i = 0; i < network.layers.size(); ++i) {
    torch::Tensor& weight = frozen.weights[i];
    if (!weight.defined() || !are_bytes[static_cast<size_t>(network.layers[i].input)]) continue;
    const torch::Tensor largest = weight.abs().amax({1, 2, 3});
    const torch::Tensor scale = torch::where(largest > 0, largest / kLargestWeight, 1.0);
    weight =
        (weight / scale.reshape({-1, 1, 1, 1})).round().clamp(-kLargestWeight, kLargestWeight).to(at::kChar);
    frozen.scales[i] = scale.to(at::kFloat).contiguous();
  }
}

}  // namespace googlenet::lowering
