#include "networks.h"

#include <algorithm>
#include <cmath>

using googlenet::infer::Layer;
using googlenet::infer::Network;
using googlenet::infer::Precision;
using googlenet::kernels::Size;

namespace {

class Drawer {
 public:
  Drawer(Random& random, Precision precision) : random_(random) {
    drawn.network.precision = precision;
    drawn.network.tensors.push_back({3, 0});
    for (int c = 0; c < 3; ++c) {
      drawn.network.image_scale[c] = 0.5f + random.in(0, 2);
      drawn.network.image_shift[c] = random.normal();
    }
  }

  int tensor(int channels) {
    drawn.network.tensors.push_back({channels, 0});
    return static_cast<int>(drawn.network.tensors.size()) - 1;
  }

  void convolution(int input, int output, int channel, int outputs, int kernel_size, int stride,
                   bool relu = true) {
    Layer layer = {};
    layer.name = "conv" + std::to_string(drawn.network.layers.size());
    layer.kind = Layer::Kind::kConvolution;
    layer.input = input;
    layer.output = output;
    layer.channel = channel;
    layer.outputs = outputs;
    layer.kernel_size = kernel_size;
    layer.stride = stride;
    layer.padding = kernel_size / 2;
    layer.relu = relu;
    add_weights(layer);
  }

  void linear(int input, int output, int outputs, int side) {
    convolution(input, output, 0, outputs, side, 1, false);
    drawn.network.layers.back().padding = 0;
  }

  void other(Layer::Kind kind, int input, int output, int channel, int kernel_size, int stride, int padding,
             int side = 0) {
    Layer layer = {};
    layer.name = "layer" + std::to_string(drawn.network.layers.size());
    layer.kind = kind;
    layer.input = input;
    layer.output = output;
    layer.channel = channel;
    layer.outputs = drawn.network.tensors[static_cast<size_t>(input)].channels;
    layer.kernel_size = kernel_size;
    layer.stride = stride;
    layer.padding = padding;
    layer.ceil = kind == Layer::Kind::kMaxPool && random_.maybe();
    layer.output_size = side;
    layer.alpha = 0.01f;
    layer.k = 1;
    drawn.network.layers.push_back(layer);
  }

  RandomNetwork drawn;

 private:
  void add_weights(Layer layer) {
    const int64_t count = googlenet::infer::weight_count(drawn.network, layer);
    const float spread = std::sqrt(2.f * static_cast<float>(layer.outputs) / static_cast<float>(count));
    auto& weights = drawn.floats.emplace_back();
    for (int64_t i = 0; i < count; ++i) weights.push_back(random_.normal() * spread);
    layer.weights = reinterpret_cast<const std::byte*>(weights.data());
    if (drawn.network.precision == Precision::kBfloat16) {
      auto& halves = drawn.halves.emplace_back();
      for (const float weight : weights) halves.push_back(to_bfloat16(weight));
      layer.weights = reinterpret_cast<const std::byte*>(halves.data());
    }
    auto& bias = drawn.floats.emplace_back();
    for (int i = 0; i < layer.outputs; ++i) bias.push_back(random_.normal() * 0.1f);
    layer.bias = bias.data();
    drawn.network.layers.push_back(layer);
  }

  Random& random_;
};

double weight_of(const Network& network, const Layer& layer, int64_t index) {
  const int64_t size = googlenet::infer::weight_size(network, layer);
  if (size == 4) return reinterpret_cast<const float*>(layer.weights)[index];
  if (size == 2) return from_bfloat16(reinterpret_cast<const uint16_t*>(layer.weights)[index]);
  const int64_t output = index * layer.outputs / googlenet::infer::weight_count(network, layer);
  return reinterpret_cast<const int8_t*>(layer.weights)[index] * double{layer.weight_scales[output]};
}

struct Map {
  Size size;
  int channels;
  std::vector<double> values;  // [height][width][channels]

  double& at(int y, int x, int c) { return values[static_cast<size_t>((y * size.width + x) * channels + c)]; }
};

// One value of a layer's output; `c` counts the layer's own channels.
double value_of(const Network& network, const Layer& layer, Map& input, Size output, int y, int x, int c) {
  const bool is_adaptive = layer.kind == Layer::Kind::kAveragePool && layer.kernel_size == 0;
  const auto begin = [&](int i, int in, int out) {
    return is_adaptive ? i * in / out : i * layer.stride - layer.padding;
  };
  const auto end = [&](int i, int in, int out) {
    return is_adaptive ? ((i + 1) * in + out - 1) / out
                       : i * layer.stride - layer.padding + layer.kernel_size;
  };
  if (layer.kind == Layer::Kind::kLocalResponseNorm) {
    double squares = 0;
    for (int i = std::max(0, c - 2); i <= std::min(layer.outputs - 1, c + 2); ++i)
      squares += std::pow(input.at(y, x, i), 2);
    return input.at(y, x, c) / std::pow(layer.k + layer.alpha / 5 * squares, 0.75);
  }
  double sum = layer.kind == Layer::Kind::kConvolution ? layer.bias[c] : 0, largest = -INFINITY;
  int count = 0;
  const int top = begin(y, input.size.height, output.height), left = begin(x, input.size.width, output.width);
  for (int i = top; i < end(y, input.size.height, output.height); ++i)
    for (int j = left; j < end(x, input.size.width, output.width); ++j) {
      if (i < 0 || i >= input.size.height || j < 0 || j >= input.size.width) continue;
      if (layer.kind == Layer::Kind::kConvolution) {
        for (int in = 0; in < input.channels; ++in) {
          const int64_t index =
              ((int64_t{c} * input.channels + in) * layer.kernel_size + (i - top)) * layer.kernel_size +
              (j - left);
          sum += input.at(i, j, in) * weight_of(network, layer, index);
        }
      } else {
        sum += input.at(i, j, c);
        largest = std::max(largest, input.at(i, j, c));
      }
      ++count;
    }
  if (layer.kind == Layer::Kind::kMaxPool) return largest;
  if (layer.kind == Layer::Kind::kAveragePool) return sum / count;
  return layer.relu ? std::max(sum, 0.) : sum;
}

}  // namespace

RandomNetwork draw_network(Random& random, Precision precision) {
  Drawer draw(random, precision);
  const auto channels = [&] { return random.in(1, 40); };
  int x = draw.tensor(channels());
  const int kernel_sizes[] = {1, 3, 5, 7};
  const auto channels_of = [&](int tensor) {
    return draw.drawn.network.tensors[static_cast<size_t>(tensor)].channels;
  };
  const int strides[] = {1, 1, 2, 2, 7};
  draw.convolution(0, x, 0, channels_of(x), random.one_of(kernel_sizes), random.one_of(strides));
  // What nobody reads, as plans from elsewhere may have it, takes memory from nobody all the same.
  const auto dead_branch = [&](int from) {
    for (int length = random.in(0, 3); length > 0; --length) {
      const int y = draw.tensor(channels());
      draw.convolution(from, y, 0, channels_of(y), random.one_of(kernel_sizes), random.in(1, 2));
      if (random.maybe()) from = y;
    }
  };
  const int blocks = random.in(0, 4);
  for (int block = 0; block < blocks; ++block) {
    dead_branch(x);
    const int kind = random.in(0, 4);
    if (kind == 0) {
      const int y = draw.tensor(channels_of(x));
      draw.other(Layer::Kind::kMaxPool, x, y, 0, random.in(2, 3), random.in(1, 2), random.in(0, 1));
      x = y;
    } else if (kind == 1) {
      const int y = draw.tensor(channels_of(x));
      draw.other(Layer::Kind::kLocalResponseNorm, x, y, 0, 0, 1, 0);
      x = y;
    } else if (kind == 2) {
      const int y = draw.tensor(channels());
      draw.convolution(x, y, 0, channels_of(y), random.one_of(kernel_sizes), 1);
      x = y;
    } else {
      const int a = channels(), b = channels(), c = channels(), d = channels();
      const int y = draw.tensor(a + b + c + d);
      const int r3 = draw.tensor(channels()), r5 = draw.tensor(channels()),
                pool = draw.tensor(channels_of(x));
      draw.convolution(x, y, 0, a, 1, 1);
      draw.convolution(x, r3, 0, channels_of(r3), 1, 1);
      draw.convolution(x, r5, 0, channels_of(r5), 1, 1);
      draw.other(Layer::Kind::kMaxPool, x, pool, 0, 3, 1, 1);
      draw.convolution(r3, y, a, b, 3, 1);
      draw.convolution(r5, y, a + b, c, 5, 1);
      draw.convolution(pool, y, a + b + c, d, 1, 1);
      x = y;
    }
  }
  dead_branch(x);
  for (int head = random.in(1, 3); head > 0; --head) {
    const int side = random.in(1, 3), mean = draw.tensor(channels_of(x)),
              logits = draw.tensor(random.in(1, 60));
    draw.other(Layer::Kind::kAveragePool, x, mean, 0, 0, 1, 0, side);
    draw.linear(mean, logits, channels_of(logits), side);
    draw.drawn.network.heads.push_back(logits);
  }
  googlenet::infer::validate(draw.drawn.network);
  return std::move(draw.drawn);
}

namespace {

// All tensors of a network for one image.
std::vector<Map> maps_of(const Network& network, Size size, const std::vector<double>& pixels) {
  const std::vector<Size> sizes = googlenet::infer::tensor_sizes(network, size);
  std::vector<Map> maps;
  for (size_t v = 0; v < sizes.size(); ++v) {
    const int channels = network.tensors[v].channels;
    maps.push_back({sizes[v], channels,
                    std::vector<double>(static_cast<size_t>(sizes[v].height * sizes[v].width * channels))});
  }
  for (int c = 0; c < 3; ++c)
    for (int y = 0; y < size.height; ++y)
      for (int x = 0; x < size.width; ++x)
        maps[0].at(y, x, c) = pixels[static_cast<size_t>((c * size.height + y) * size.width + x)];
  for (const Layer& layer : network.layers) {
    Map& input = maps[static_cast<size_t>(layer.input)];
    Map& output = maps[static_cast<size_t>(layer.output)];
    for (int y = 0; y < output.size.height; ++y)
      for (int x = 0; x < output.size.width; ++x)
        for (int c = 0; c < layer.outputs; ++c)
          output.at(y, x, layer.channel + c) = value_of(network, layer, input, output.size, y, x, c);
  }
  return maps;
}

}  // namespace

std::vector<std::vector<double>> compute(const Network& network, Size size,
                                         const std::vector<double>& pixels) {
  const std::vector<Map> maps = maps_of(network, size, pixels);
  std::vector<std::vector<double>> heads;
  for (const int head : network.heads) heads.push_back(maps[static_cast<size_t>(head)].values);
  return heads;
}

void quantize(RandomNetwork& drawn, Size size, const std::vector<double>& pixels) {
  Network& network = drawn.network;
  const std::vector<Map> maps = maps_of(network, size, pixels);
  network.precision = Precision::kInt8;
  std::vector<bool> feeds_head(network.tensors.size(), false);
  for (const Layer& layer : network.layers)
    for (const int head : network.heads)
      if (layer.output == head)
        feeds_head[static_cast<size_t>(layer.input)] = feeds_head[static_cast<size_t>(head)] = true;
  for (size_t tensor = 1; tensor < maps.size(); ++tensor) {
    const double largest = *std::max_element(maps[tensor].values.begin(), maps[tensor].values.end());
    if (!feeds_head[tensor])
      network.tensors[tensor].scale = largest > 0 ? static_cast<float>(largest / 255) : 1;
  }
  for (const Layer& layer : network.layers) {
    if (layer.kind == Layer::Kind::kMaxPool)
      network.tensors[static_cast<size_t>(layer.output)].scale =
          network.tensors[static_cast<size_t>(layer.input)].scale;
  }
  for (Layer& layer : network.layers) {
    if (layer.kind != Layer::Kind::kConvolution) continue;
    const auto* weights = reinterpret_cast<const float*>(layer.weights);
    const int64_t count = googlenet::infer::weight_count(network, layer), each = count / layer.outputs;
    if (googlenet::infer::weight_size(network, layer) == 2) {
      auto& halves = drawn.halves.emplace_back();
      for (int64_t i = 0; i < count; ++i) halves.push_back(to_bfloat16(weights[i]));
      layer.weights = reinterpret_cast<const std::byte*>(halves.data());
      continue;
    }
    auto& bytes = drawn.bytes.emplace_back();
    auto& scales = drawn.floats.emplace_back();
    for (int64_t i = 0; i < count; ++i) {
      if (i % each == 0) {
        const auto largest = [](float a, float b) { return std::abs(a) < std::abs(b); };
        scales.push_back(std::abs(*std::max_element(weights + i, weights + i + each, largest)) / 127);
      }
      bytes.push_back(static_cast<int8_t>(std::lround(weights[i] / scales.back())));
    }
    layer.weights = reinterpret_cast<const std::byte*>(bytes.data());
    layer.weight_scales = scales.data();
  }
  googlenet::infer::validate(network);
}
