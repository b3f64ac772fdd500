#include "infer/freeze/freeze.h"

#include <torch/nn/modules/activation.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/modules/normalization.h>
#include <torch/nn/modules/pooling.h>

#include <algorithm>
#include <unordered_set>

#include "core/error.h"
#include "infer/freeze/quantize.h"
#include "nn/chain.h"
#include "nn/conv_norm.h"
#include "nn/inception.h"
#include "nn/layers.h"
#include "nn/max_pool.h"
#include "nn/names.h"
#include "nn/observe.h"
#include "nn/transform_input.h"

namespace googlenet::lowering {

using namespace nn;

namespace {

using torch::nn::Module;

// A picture that every network here takes.
constexpr int64_t kSide = 224;

class Freezer {
 public:
  Freezer(const Classifier& model, Precision precision) : names_(names_of(model)) {
    frozen_.network.precision = precision;
    frozen_.network.values.push_back({3, 0});
    std::fill_n(frozen_.network.picture_scale, 3, 1.f);
    std::fill_n(frozen_.network.picture_shift, 3, 0.f);
    sides_.push_back(static_cast<int>(kSide));
  }

  // Adds the layers of a module that reads `input`, and returns the value that they write.
  int add(const Module& module, int input) {
    if (const auto* chain = module.as<ChainImpl>()) return add_chain(*chain, input);
    if (const auto* inception = module.as<InceptionModuleImpl>()) return add_branches(*inception, input);
    if (const auto* conv_norm = module.as<ConvNormImpl>()) {
      for (const auto& child : conv_norm->children()) input = add(*child, input);
      return rectify(input);
    }
    if (const auto* conv = module.as<Conv2dImpl>()) return add_convolution(*conv, input);
    if (const auto* linear = module.as<LinearImpl>()) return add_linear(*linear, input);
    if (const auto* norm = module.as<torch::nn::BatchNorm2dImpl>()) return fold(*norm, input);
    if (module.as<torch::nn::ReLUImpl>()) return rectify(input);
    if (module.as<DropoutImpl>() || module.as<torch::nn::FlattenImpl>()) return input;
    if (const auto* pool = module.as<MaxPool2dImpl>()) {
      const bool halves = pool->options.stride == 2;
      return add_pool(*pool, pool->options.relu ? rectify(input) : input, 3, halves ? 2 : 1, halves ? 0 : 1,
                      halves);
    }
    if (const auto* pool = module.as<torch::nn::MaxPool2dImpl>()) {
      const auto& o = pool->options;
      return add_pool(*pool, input, o.kernel_size()->at(0), o.stride()->at(0), o.padding()->at(0),
                      o.ceil_mode());
    }
    if (const auto* pool = module.as<torch::nn::AvgPool2dImpl>()) {
      const auto& o = pool->options;
      return add_average(*pool, input, o.kernel_size()->at(0), o.stride()->at(0), 0);
    }
    if (const auto* pool = module.as<torch::nn::AdaptiveAvgPool2dImpl>())
      return add_average(*pool, input, 0, 1, static_cast<int>(pool->options.output_size()->at(0).value()));
    if (const auto* norm = module.as<torch::nn::LocalResponseNormImpl>())
      return add_normalization(*norm, input);
    unsupported(module);
  }

  // What it makes of 0 and 1 says all about a module that changes each channel by itself, linearly.
  void add_to_picture(const TransformInputImpl&, const torch::Tensor& of_zeros,
                      const torch::Tensor& of_ones) {
    for (int c = 0; c < 3; ++c) {
      const double shift = of_zeros[0][c][0][0].item<float>();
      frozen_.network.picture_shift[c] = static_cast<float>(shift);
      frozen_.network.picture_scale[c] = static_cast<float>(of_ones[0][c][0][0].item<float>() - shift);
    }
  }

  void set_heads(std::vector<int> heads) { frozen_.network.heads = std::move(heads); }

  [[noreturn]] void unsupported(const Module& module) const {
    throw core::Error("UNSUPPORTED",
                      "No engine has the layers of '" + name_of(module) + "'. Use the model itself.");
  }

  // Folding and rectifying change layers that are there already, so numbers become final here.
  Frozen finish(const std::vector<float>& highest) {
    Network& network = frozen_.network;
    if (network.precision == Precision::kByte) quantize(frozen_, highest);
    const auto dtype = network.precision == Precision::kFloat ? at::kFloat : at::kBFloat16;
    for (size_t i = 0; i < network.layers.size(); ++i) {
      torch::Tensor& weight = frozen_.weights[i];
      torch::Tensor& bias = frozen_.biases[i];
      if (!weight.defined()) continue;
      if (weight.scalar_type() != at::kChar) weight = weight.to(dtype);
      weight = weight.contiguous();
      bias = bias.to(at::kFloat).contiguous();
      network.layers[i].weights = static_cast<const std::byte*>(weight.const_data_ptr());
      network.layers[i].bias = bias.const_data_ptr<float>();
      if (weight.scalar_type() == at::kChar)
        network.layers[i].weight_scales = frozen_.scales[i].const_data_ptr<float>();
    }
    validate(network);
    return std::move(frozen_);
  }

 private:
  std::string name_of(const Module& module) const { return names_.at(&module); }

  int channels_of(int value) const { return frozen_.network.values[value].channels; }

  int new_value(int channels, int side) {
    frozen_.network.values.push_back({channels, 0});
    sides_.push_back(side);
    return static_cast<int>(frozen_.network.values.size()) - 1;
  }

  // A layer of `outputs` channels, in a value of its own.
  Layer& add_layer(const Module& module, Layer::Kind kind, int input, int outputs, int side) {
    Layer layer = {};
    layer.name = name_of(module);
    layer.kind = kind;
    layer.input = input;
    layer.outputs = outputs;
    layer.stride = 1;
    layer.output = new_value(outputs, side);
    frozen_.network.layers.push_back(std::move(layer));
    frozen_.weights.emplace_back();
    frozen_.biases.emplace_back();
    return frozen_.network.layers.back();
  }

  int add_chain(const ChainImpl& chain, int input) {
    for (const auto& child : chain.children()) input = add(*child, input);
    return input;
  }

  // Every branch writes its own channels of one value.
  int add_branches(const InceptionModuleImpl& inception, int input) {
    std::vector<int> ends;
    int channels = 0;
    for (const auto& branch : inception.children()) {
      ends.push_back(add(*branch, input));
      if (ends.back() == input) unsupported(inception);
      channels += channels_of(ends.back());
    }
    const int whole = new_value(channels, sides_[input]);
    int channel = 0;
    for (const int end : ends) {
      Layer& layer = last_of(end);
      layer.output = whole;
      layer.channel = channel;
      channel += channels_of(end);
    }
    forget(ends);
    return static_cast<int>(frozen_.network.values.size()) - 1;
  }

  // Values that nothing writes any more, the last ones first.
  void forget(std::vector<int> values) {
    std::sort(values.rbegin(), values.rend());
    for (const int value : values) {
      frozen_.network.values.erase(frozen_.network.values.begin() + value);
      sides_.erase(sides_.begin() + value);
      for (Layer& layer : frozen_.network.layers) {
        if (layer.input > value) --layer.input;
        if (layer.output > value) --layer.output;
      }
    }
  }

  // The only layer that writes a value.
  Layer& last_of(int value) {
    Layer* found = nullptr;
    for (Layer& layer : frozen_.network.layers) {
      if (layer.output != value) continue;
      if (found != nullptr)
        throw core::Error("UNSUPPORTED", "'" + layer.name + "' shares its output with others.");
      found = &layer;
    }
    if (found == nullptr)
      throw core::Error("UNSUPPORTED", "The network begins with a layer that no engine has.");
    return *found;
  }

  size_t index_of(const Layer& layer) const {
    return static_cast<size_t>(&layer - frozen_.network.layers.data());
  }

  // Arithmetic on weights is done in double and rounded once.
  static torch::Tensor wide(const torch::Tensor& tensor) { return tensor.detach().to(at::kCPU, at::kDouble); }

  void set_numbers(const Layer& layer, const torch::Tensor& weight, const torch::Tensor& bias) {
    frozen_.weights[index_of(layer)] = wide(weight);
    frozen_.biases[index_of(layer)] =
        bias.defined() ? wide(bias) : torch::zeros({weight.size(0)}, at::kDouble);
  }

  int add_convolution(const Conv2dImpl& conv, int input) {
    const Conv2dOptions& o = conv.options;
    if (o.groups != 1) unsupported(conv);
    const int side =
        (sides_[input] + static_cast<int>(2 * o.padding - o.kernel_size)) / static_cast<int>(o.stride) + 1;
    Layer& layer = add_layer(conv, Layer::Kind::kConvolution, input, static_cast<int>(o.out_channels), side);
    layer.window = static_cast<int>(o.kernel_size);
    layer.stride = static_cast<int>(o.stride);
    layer.padding = static_cast<int>(o.padding);
    set_numbers(layer, conv.weight, conv.bias);
    return layer.output;
  }

  // All numbers of a map at once: a convolution with one window.
  int add_linear(const LinearImpl& linear, int input) {
    const int side = sides_[input];
    const int64_t channels = channels_of(input);
    if (linear.weight.size(1) != channels * side * side) unsupported(linear);
    Layer& layer =
        add_layer(linear, Layer::Kind::kConvolution, input, static_cast<int>(linear.weight.size(0)), 1);
    layer.window = side;
    set_numbers(layer, linear.weight.reshape({-1, channels, side, side}), linear.bias);
    return layer.output;
  }

  int fold(const torch::nn::BatchNorm2dImpl& norm, int input) {
    const Layer& layer = last_of(input);
    if (layer.kind != Layer::Kind::kConvolution || layer.relu) unsupported(norm);
    const torch::Tensor factor = wide(norm.weight) / (wide(norm.running_var) + norm.options.eps()).sqrt();
    torch::Tensor& weight = frozen_.weights[index_of(layer)];
    torch::Tensor& bias = frozen_.biases[index_of(layer)];
    weight = weight * factor.reshape({-1, 1, 1, 1});
    bias = (bias - wide(norm.running_mean)) * factor + wide(norm.bias);
    return input;
  }

  int rectify(int input) {
    Layer& layer = last_of(input);
    if (layer.kind != Layer::Kind::kConvolution)
      throw core::Error("UNSUPPORTED",
                        "No engine has a ReLU after '" + layer.name + "'. Use the model itself.");
    layer.relu = true;
    return input;
  }

  int add_pool(const Module& pool, int input, int64_t window, int64_t stride, int64_t padding, bool ceil) {
    const int past = sides_[input] + static_cast<int>(2 * padding - window);
    const int side = static_cast<int>(ceil ? (past + stride - 1) / stride : past / stride) + 1;
    Layer& layer = add_layer(pool, Layer::Kind::kMaxPool, input, channels_of(input), side);
    layer.window = static_cast<int>(window);
    layer.stride = static_cast<int>(stride);
    layer.padding = static_cast<int>(padding);
    layer.ceil = ceil;
    return layer.output;
  }

  int add_average(const Module& pool, int input, int64_t window, int64_t stride, int to_side) {
    const int side =
        window == 0 ? to_side : (sides_[input] - static_cast<int>(window)) / static_cast<int>(stride) + 1;
    Layer& layer = add_layer(pool, Layer::Kind::kAverage, input, channels_of(input), side);
    layer.window = static_cast<int>(window);
    layer.stride = static_cast<int>(stride);
    layer.side = to_side;
    return layer.output;
  }

  int add_normalization(const torch::nn::LocalResponseNormImpl& norm, int input) {
    const auto& o = norm.options;
    if (o.size() != 5 || o.beta() != 0.75) unsupported(norm);
    Layer& layer = add_layer(norm, Layer::Kind::kNormalize, input, channels_of(input), sides_[input]);
    layer.alpha = static_cast<float>(o.alpha());
    layer.k = static_cast<float>(o.k());
    return layer.output;
  }

  const ModuleNames names_;
  Frozen frozen_;
  std::vector<int> sides_;  // of each value, in pixels, for a picture of kSide
};

struct Stage {
  const Module* module;
  torch::Tensor output;
};

// The modules directly below a model, in the order in which a picture passes them.
std::vector<Stage> stages_of(Classifier& model, const torch::Tensor& picture, Logits& logits) {
  std::unordered_set<const Module*> children;
  for (const auto& child : model.children()) children.insert(child.get());
  std::vector<Stage> stages;
  const Observer observer([&](const Module& module, const torch::Tensor& output) {
    if (children.contains(&module)) stages.push_back({&module, output});
  });
  logits = model.forward(picture);
  return stages;
}

}  // namespace

Frozen freeze(Classifier& model, Precision precision, bool all_heads, const std::vector<float>& highest) {
  const torch::NoGradGuard no_grad;
  const EvaluationMode mode(&model);
  const auto device = model.parameters().front().device();
  Logits logits, others;
  const auto stages = stages_of(model, torch::zeros({1, 3, kSide, kSide}, device), logits);
  const auto stages_of_ones = stages_of(model, torch::ones({1, 3, kSide, kSide}, device), others);

  Freezer freezer(model, precision);
  std::vector<int> heads = {0};
  int value = 0;
  for (size_t i = 0; i < stages.size(); ++i) {
    const auto& [module, output] = stages[i];
    const bool is_auxiliary = output.is_same(logits.aux1) || output.is_same(logits.aux2);
    if (!output.defined() || (is_auxiliary && !all_heads)) continue;
    if (const auto* transform = module->as<TransformInputImpl>()) {
      if (value != 0) freezer.unsupported(*module);
      freezer.add_to_picture(*transform, output, stages_of_ones[i].output);
      continue;
    }
    const int end = freezer.add(*module, value);
    if (is_auxiliary) {
      heads.push_back(end);
    } else {
      value = end;
    }
  }
  heads[0] = value;
  freezer.set_heads(std::move(heads));
  return freezer.finish(highest);
}

}  // namespace googlenet::lowering
