#include "lowering/quantize.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"

namespace googlenet::lowering {

namespace {

using infer::Layer;
using infer::Network;

constexpr float kUint8Max = 255;
constexpr double kInt8Max = 127;  // symmetric: -128 is not used

// Layers whose output has the element type and scale of their input.
bool keeps_type(const Layer& layer) {
  return layer.kind == Layer::Kind::kMaxPool || layer.kind == Layer::Kind::kLocalResponseNorm;
}

// Which network tensors can be uint8.
std::vector<bool> find_uint8(const Network& network) {
  std::vector<bool> is_uint8(network.tensors.size(), true);
  const auto forbid = [&](int tensor) {
    const bool changes = is_uint8[static_cast<size_t>(tensor)];
    is_uint8[static_cast<size_t>(tensor)] = false;
    return changes;
  };
  forbid(0);  // the image
  for (const int head : network.heads) forbid(head);
  for (const Layer& layer : network.layers) {
    if (layer.kind == Layer::Kind::kConvolution && !layer.relu) forbid(layer.output);
    // The last layers decide between classes, so what they read keeps its precision.
    for (const int head : network.heads)
      if (layer.output == head) forbid(layer.input);
  }
  // Pools compare elements as they are stored, so their input and output have one type.
  for (bool changes = true; changes;) {
    changes = false;
    for (const Layer& layer : network.layers) {
      const bool input = is_uint8[static_cast<size_t>(layer.input)];
      const bool output = is_uint8[static_cast<size_t>(layer.output)];
      if (keeps_type(layer) && input != output)
        changes = forbid(input ? layer.input : layer.output) || changes;
      if (layer.kind == Layer::Kind::kAveragePool && !input && output)
        changes = forbid(layer.output) || changes;
    }
  }
  return is_uint8;
}

void set_activation_scales(Network& network, const std::vector<bool>& is_uint8,
                           const std::vector<float>& amax) {
  for (size_t tensor = 0; tensor < network.tensors.size(); ++tensor) {
    if (!is_uint8[tensor]) continue;
    if (!std::isfinite(amax[tensor]))
      throw core::Error("INVALID_ARGUMENT", "The calibration images give NaN or infinity.");
    // All elements were zero: any scale will do.
    network.tensors[tensor].scale = amax[tensor] > 0 ? amax[tensor] / kUint8Max : 1;
  }
  for (const Layer& layer : network.layers) {
    if (layer.kind == Layer::Kind::kMaxPool)
      network.tensors[static_cast<size_t>(layer.output)].scale =
          network.tensors[static_cast<size_t>(layer.input)].scale;
  }
}

}  // namespace

void quantize(Lowered& lowered, const std::vector<float>& amax) {
  Network& network = lowered.network;
  if (amax.size() != network.tensors.size())
    throw core::Error("INVALID_ARGUMENT", "The activation ranges are those of another network.");
  const std::vector<bool> is_uint8 = find_uint8(network);
  set_activation_scales(network, is_uint8, amax);
  lowered.scales.resize(network.layers.size());
  for (size_t i = 0; i < network.layers.size(); ++i) {
    torch::Tensor& weight = lowered.weights[i];
    if (!weight.defined() || !is_uint8[static_cast<size_t>(network.layers[i].input)]) continue;
    const torch::Tensor largest = weight.abs().amax({1, 2, 3});
    const torch::Tensor scale = torch::where(largest > 0, largest / kInt8Max, 1.0);
    weight = (weight / scale.reshape({-1, 1, 1, 1})).round().clamp(-kInt8Max, kInt8Max).to(at::kChar);
    lowered.scales[i] = scale.to(at::kFloat).contiguous();
  }
}

}  // namespace googlenet::lowering
