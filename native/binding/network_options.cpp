#include "binding/network_options.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/error.h"

namespace googlenet::binding {

namespace {

constexpr std::pair<const char*, Precision> kPrecisions[] = {
    {"float32", Precision::kFloat}, {"bfloat16", Precision::kBfloat16}, {"int8", Precision::kByte}};

constexpr std::pair<const char*, Layer::Kind> kKinds[] = {{"convolution", Layer::Kind::kConvolution},
                                                          {"maxPool", Layer::Kind::kMaxPool},
                                                          {"average", Layer::Kind::kAverage},
                                                          {"normalize", Layer::Kind::kNormalize}};

template <class Value, size_t kCount>
Value named(const std::pair<const char*, Value> (&table)[kCount], const std::string& name, const char* what) {
  for (const auto& [known, value] : table) {
    if (name == known) return value;
  }
  throw core::Error("INVALID_ARGUMENT", std::string("Unknown ") + what + " '" + name + "' of a plan.");
}

template <class Value, size_t kCount>
const char* name_of(const std::pair<const char*, Value> (&table)[kCount], Value value) {
  for (const auto& [name, known] : table) {
    if (known == value) return name;
  }
  return "";
}

// Small enough for arithmetic with int.
int small(const Options& options, const char* name) {
  const int64_t number = options.integer(name);
  if (number < 0 || number > 1 << 20)
    throw core::Error("INVALID_ARGUMENT", std::string("Expected a small integer for ") + name + ".");
  return static_cast<int>(number);
}

std::vector<int> small_integers(const Options& options, const char* name) {
  std::vector<int> numbers;
  for (const int64_t number : options.shape(name))
    numbers.push_back(static_cast<int>(std::min<int64_t>(number, 1 << 20)));
  return numbers;
}

float finite(const Options& options, const char* name) {
  const auto number = static_cast<float>(options.number(name));
  if (!std::isfinite(number))
    throw core::Error("INVALID_ARGUMENT", std::string("Expected a finite number for ") + name + ".");
  return number;
}

// `count` numbers of a size in bytes.
const std::byte* borrow(const std::string& layer, const core::Bytes& weights, int64_t offset, int64_t count,
                        int64_t size) {
  if (offset < 0 || count > static_cast<int64_t>(weights.size) / size ||
      offset > static_cast<int64_t>(weights.size) - count * size)
    throw core::Error("INVALID_ARGUMENT",
                      "Layer '" + layer + "' of the plan has weights that are not there.");
  const uint8_t* first = weights.data + offset;
  if (reinterpret_cast<uintptr_t>(first) % static_cast<uintptr_t>(size) != 0)
    throw core::Error("INVALID_ARGUMENT", "Layer '" + layer + "' of the plan has weights at an odd place.");
  return reinterpret_cast<const std::byte*>(first);
}

Layer read_layer(const Options& options) {
  Layer layer = {};
  layer.name = options.string("name");
  layer.kind = named(kKinds, options.string("kind"), "kind of layer");
  layer.input = small(options, "input");
  layer.output = small(options, "output");
  layer.channel = small(options, "channel");
  layer.outputs = small(options, "outputs");
  layer.window = small(options, "window");
  layer.stride = small(options, "stride");
  layer.padding = small(options, "padding");
  layer.ceil = options.boolean("ceil");
  layer.relu = options.boolean("relu");
  layer.side = small(options, "side");
  layer.alpha = finite(options, "alpha");
  layer.k = finite(options, "k");
  return layer;
}

LayerOffsets read_offsets(const Network& network, const Layer& layer, const Options& options) {
  LayerOffsets offsets = {options.integer("weightOffset"), options.integer("biasOffset"), std::nullopt};
  if (size_of_weight(network, layer) == 1) offsets.scale = options.integer("scaleOffset");
  return offsets;
}

void borrow_weights(const Network& network, Layer& layer, const LayerOffsets& offsets,
                    const core::Bytes& bytes) {
  const int64_t size = size_of_weight(network, layer);
  const auto floats = [&](int64_t offset) {
    return reinterpret_cast<const float*>(borrow(layer.name, bytes, offset, layer.outputs, 4));
  };
  layer.weights = borrow(layer.name, bytes, offsets.weight, number_of_weights(network, layer), size);
  layer.bias = floats(offsets.bias);
  if (offsets.scale) layer.weight_scales = floats(*offsets.scale);
}

bool has_weights(const Network& network, const Layer& layer) {
  return layer.kind == Layer::Kind::kConvolution && layer.input < static_cast<int>(network.values.size());
}

}  // namespace

Precision read_precision(const Options& options) {
  return precision_named(options.string("precision"));
}

Precision precision_named(const std::string& name) {
  return named(kPrecisions, name, "precision");
}

kernels::Size to_size(int64_t height, int64_t width) {
  constexpr int64_t kLargest = 1 << 14;
  if (std::min(height, width) < 1 || std::max(height, width) > kLargest)
    throw core::Error("INVALID_SHAPE", "A picture has sides of 1 to 16384 pixels.");
  return {static_cast<int>(height), static_cast<int>(width)};
}

kernels::Size read_size(const Options& options) {
  return to_size(options.integer("height"), options.integer("width"));
}

BorrowedNetwork read_network(const Options& options) {
  const Options given(options.object("network"));
  const CallerArray weights = options.byte_array("weights");
  Network network = {};
  network.precision = read_precision(given);
  for (const Options& value : given.objects("values"))
    network.values.push_back({small(value, "channels"), finite(value, "scale")});
  std::vector<LayerOffsets> offsets;
  for (const Options& one : given.objects("layers")) {
    const Layer& layer = network.layers.emplace_back(read_layer(one));
    offsets.push_back(has_weights(network, layer) ? read_offsets(network, layer, one) : LayerOffsets());
  }
  network.heads = small_integers(given, "heads");
  const auto scale = given.channels("imageScale"), shift = given.channels("imageShift");
  std::copy(scale.begin(), scale.end(), network.picture_scale);
  std::copy(shift.begin(), shift.end(), network.picture_shift);

  const core::Bytes bytes = weights.bytes();
  for (size_t i = 0; i < network.layers.size(); ++i) {
    Layer& layer = network.layers[i];
    if (has_weights(network, layer)) borrow_weights(network, layer, offsets[i], bytes);
  }
  validate(network);
  return {std::move(network), weights.object()};
}

Napi::Object network_to_js(Napi::Env env, const Network& network,
                           const std::vector<std::optional<LayerOffsets>>& offsets) {
  Napi::Array values = Napi::Array::New(env, network.values.size());
  for (uint32_t i = 0; i < network.values.size(); ++i) {
    Napi::Object value = Napi::Object::New(env);
    value["channels"] = network.values[i].channels;
    value["scale"] = network.values[i].scale;
    values[i] = value;
  }
  Napi::Array layers = Napi::Array::New(env, network.layers.size());
  for (uint32_t i = 0; i < network.layers.size(); ++i) {
    const Layer& layer = network.layers[i];
    Napi::Object row = Napi::Object::New(env);
    row["name"] = layer.name;
    row["kind"] = name_of(kKinds, layer.kind);
    row["input"] = layer.input;
    row["output"] = layer.output;
    row["channel"] = layer.channel;
    row["outputs"] = layer.outputs;
    row["window"] = layer.window;
    row["stride"] = layer.stride;
    row["padding"] = layer.padding;
    row["ceil"] = layer.ceil;
    row["relu"] = layer.relu;
    row["side"] = layer.side;
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
    scale[c] = network.picture_scale[c];
    shift[c] = network.picture_shift[c];
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
