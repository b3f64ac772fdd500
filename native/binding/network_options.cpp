#include "binding/network_options.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "binding/choices.h"
#include "core/error.h"

namespace googlenet::binding {

namespace {

constexpr Choice<infer::Precision> kPrecisions[] = {{"float32", infer::Precision::kFloat32},
                                                    {"bfloat16", infer::Precision::kBfloat16},
                                                    {"int8", infer::Precision::kInt8}};

constexpr Choice<infer::Layer::Kind> kKinds[] = {{"convolution", infer::Layer::Kind::kConvolution},
                                                 {"maxPool", infer::Layer::Kind::kMaxPool},
                                                 {"average", infer::Layer::Kind::kAveragePool},
                                                 {"normalize", infer::Layer::Kind::kLocalResponseNorm}};

// Sizes and counts of a network are at most this, which is small enough for arithmetic with int.
constexpr int64_t kLargestInteger = 1 << 20;

int small_integer(const Options& options, const char* name) {
  const int64_t number = options.integer(name);
  if (number < 0 || number > kLargestInteger)
    throw core::Error("INVALID_ARGUMENT", std::string("Expected a small integer for ") + name + ".");
  return static_cast<int>(number);
}

std::vector<int> small_integers(const Options& options, const char* name) {
  std::vector<int> integers;
  for (const int64_t number : options.shape(name))
    integers.push_back(static_cast<int>(std::min(number, kLargestInteger)));
  return integers;
}

float finite(const Options& options, const char* name) {
  const auto number = static_cast<float>(options.number(name));
  if (!std::isfinite(number))
    throw core::Error("INVALID_ARGUMENT", std::string("Expected a finite number for ") + name + ".");
  return number;
}

// A pointer to `count` elements of `size` bytes. Throws INVALID_ARGUMENT where they are not inside the
// weights.
const std::byte* borrow(const std::string& layer, const core::Bytes& weights, int64_t offset, int64_t count,
                        int64_t size) {
  if (offset < 0 || count > static_cast<int64_t>(weights.size) / size ||
      offset > static_cast<int64_t>(weights.size) - count * size)
    throw core::Error("INVALID_ARGUMENT",
                      "Layer '" + layer + "' of the plan has weights outside of its weights array.");
  const uint8_t* first = weights.data + offset;
  if (reinterpret_cast<uintptr_t>(first) % static_cast<uintptr_t>(size) != 0)
    throw core::Error("INVALID_ARGUMENT",
                      "Layer '" + layer + "' of the plan has weights that are not aligned.");
  return reinterpret_cast<const std::byte*>(first);
}

infer::Layer read_layer(const Options& options) {
  infer::Layer layer = {};
  layer.name = options.string("name");
  layer.kind = value_named(kKinds, options.string("kind"), "kind of layer in a plan");
  layer.input = small_integer(options, "input");
  layer.output = small_integer(options, "output");
  layer.channel = small_integer(options, "channel");
  layer.outputs = small_integer(options, "outputs");
  layer.kernel_size = small_integer(options, "window");
  layer.stride = small_integer(options, "stride");
  layer.padding = small_integer(options, "padding");
  layer.ceil = options.boolean("ceil");
  layer.relu = options.boolean("relu");
  layer.output_size = small_integer(options, "side");
  layer.alpha = finite(options, "alpha");
  layer.k = finite(options, "k");
  return layer;
}

LayerOffsets read_offsets(const infer::Network& network, const infer::Layer& layer, const Options& options) {
  LayerOffsets offsets = {options.integer("weightOffset"), options.integer("biasOffset"), std::nullopt};
  if (infer::weight_size(network, layer) == 1) offsets.scale = options.integer("scaleOffset");
  return offsets;
}

void borrow_weights(const infer::Network& network, infer::Layer& layer, const LayerOffsets& offsets,
                    const core::Bytes& bytes) {
  const int64_t size = infer::weight_size(network, layer);
  const auto floats = [&](int64_t offset) {
    return reinterpret_cast<const float*>(borrow(layer.name, bytes, offset, layer.outputs, 4));
  };
  layer.weights = borrow(layer.name, bytes, offsets.weight, infer::weight_count(network, layer), size);
  layer.bias = floats(offsets.bias);
  if (offsets.scale) layer.weight_scales = floats(*offsets.scale);
}

bool has_weights(const infer::Network& network, const infer::Layer& layer) {
  return layer.kind == infer::Layer::Kind::kConvolution &&
         layer.input < static_cast<int>(network.tensors.size());
}

}  // namespace

infer::Precision read_precision(const Options& options) {
  return precision_named(options.string("precision"));
}

infer::Precision precision_named(const std::string& name) {
  return value_named(kPrecisions, name, "precision");
}

kernels::Size to_size(int64_t height, int64_t width) {
  constexpr int64_t kLargest = 1 << 14;
  if (std::min(height, width) < 1 || std::max(height, width) > kLargest)
    throw core::Error("INVALID_SHAPE", "The height and width of an image are 1 to 16384 pixels.");
  return {static_cast<int>(height), static_cast<int>(width)};
}

kernels::Size read_size(const Options& options) {
  return to_size(options.integer("height"), options.integer("width"));
}

BorrowedNetwork read_network(const Options& options) {
  const Options description(options.object("network"));
  const CallerArray weights = options.byte_array("weights");
  infer::Network network = {};
  network.precision = read_precision(description);
  for (const Options& value : description.objects("values"))
    network.tensors.push_back({small_integer(value, "channels"), finite(value, "scale")});
  std::vector<LayerOffsets> offsets;
  for (const Options& one : description.objects("layers")) {
    const infer::Layer& layer = network.layers.emplace_back(read_layer(one));
    offsets.push_back(has_weights(network, layer) ? read_offsets(network, layer, one) : LayerOffsets());
  }
  network.heads = small_integers(description, "heads");
  const auto scale = description.channels("imageScale"), shift = description.channels("imageShift");
  std::copy(scale.begin(), scale.end(), network.image_scale);
  std::copy(shift.begin(), shift.end(), network.image_shift);

  const core::Bytes bytes = weights.bytes();
  for (size_t i = 0; i < network.layers.size(); ++i) {
    infer::Layer& layer = network.layers[i];
    if (has_weights(network, layer)) borrow_weights(network, layer, offsets[i], bytes);
  }
  infer::validate(network);
  return {std::move(network), weights.object()};
}

Napi::Object network_to_js(Napi::Env env, const infer::Network& network,
                           const std::vector<std::optional<LayerOffsets>>& offsets) {
  Napi::Array values = Napi::Array::New(env, network.tensors.size());
  for (uint32_t i = 0; i < network.tensors.size(); ++i) {
    Napi::Object value = Napi::Object::New(env);
    value["channels"] = network.tensors[i].channels;
    value["scale"] = network.tensors[i].scale;
    values[i] = value;
  }
  Napi::Array layers = Napi::Array::New(env, network.layers.size());
  for (uint32_t i = 0; i < network.layers.size(); ++i) {
    const infer::Layer& layer = network.layers[i];
    Napi::Object row = Napi::Object::New(env);
    row["name"] = layer.name;
    row["kind"] = name_of(kKinds, layer.kind);
    row["input"] = layer.input;
    row["output"] = layer.output;
    row["channel"] = layer.channel;
    row["outputs"] = layer.outputs;
    row["window"] = layer.kernel_size;
    row["stride"] = layer.stride;
    row["padding"] = layer.padding;
    row["ceil"] = layer.ceil;
    row["relu"] = layer.relu;
    row["side"] = layer.output_size;
    row["alpha"] = layer.alpha;
    row["k"] = layer.k;
    if (const std::optional<LayerOffsets>& of_layer = offsets[i]) {
      row["weightOffset"] = static_cast<double>(of_layer->weight);
      row["biasOffset"] = static_cast<double>(of_layer->bias);
      if (of_layer->scale) row["scaleOffset"] = static_cast<double>(*of_layer->scale);
    }
    layers[i] = row;
  }
  Napi::Array heads = Napi::Array::New(env, network.heads.size());
  for (uint32_t i = 0; i < network.heads.size(); ++i) heads[i] = network.heads[i];
  Napi::Array scale = Napi::Array::New(env, 3), shift = Napi::Array::New(env, 3);
  for (uint32_t c = 0; c < 3; ++c) {
    scale[c] = network.image_scale[c];
    shift[c] = network.image_shift[c];
  }
  Napi::Object result = Napi::Object::New(env);
  result["precision"] = name_of(kPrecisions, network.precision);
  result["values"] = values;
  result["layers"] = layers;
  result["heads"] = heads;
  result["imageScale"] = scale;
  result["imageShift"] = shift;
  return result;
}

}  // namespace googlenet::binding
