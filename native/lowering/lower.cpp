#include "lowering/lower.h"

#include <torch/nn/modules/activation.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/modules/normalization.h>
#include <torch/nn/modules/pooling.h>

#include <unordered_set>

#include "lowering/graph_builder.h"
#include "nn/chain.h"
#include "nn/conv_norm.h"
#include "nn/inception.h"
#include "nn/layers.h"
#include "nn/max_pool.h"
#include "nn/names.h"
#include "nn/observe.h"
#include "nn/transform_input.h"

namespace googlenet::lowering {

namespace {

using models::Classifier;
using models::Logits;
using torch::nn::Module;

// Adds the layers of modules to a network. Each kind of module that engines have is one case.
class ModuleLowering {
 public:
  ModuleLowering(const Classifier& model, GraphBuilder* builder)
      : names_(nn::names_of(model)), builder_(*builder) {}

  const std::string& name_of(const Module& module) const { return names_.at(&module); }

  // Adds the layers of a module that reads the tensor `input`; returns the tensor that they write.
  int add(const Module& module, int input) {
    if (const auto* chain = module.as<nn::ChainImpl>()) return add_children(*chain, input);
    if (const auto* inception = module.as<nn::InceptionModuleImpl>()) return add_branches(*inception, input);
    if (const auto* conv_norm = module.as<nn::ConvNormImpl>())
      return add_relu(add_children(*conv_norm, input));
    if (const auto* conv = module.as<nn::Conv2dImpl>()) return add_convolution(*conv, input);
    if (const auto* linear = module.as<nn::LinearImpl>())
      return builder_.add_linear(name_of(module), input, linear->weight, linear->bias);
    if (const auto* norm = module.as<torch::nn::BatchNorm2dImpl>()) return add_batch_norm(*norm, input);
    if (module.as<torch::nn::ReLUImpl>()) return add_relu(input);
    if (module.as<nn::DropoutImpl>() || module.as<torch::nn::FlattenImpl>()) return input;
    if (const auto* pool = module.as<nn::MaxPool2dImpl>()) {
      const auto& o = pool->options;
      return builder_.add_max_pool(name_of(module), o.relu ? add_relu(input) : input,
                                   {/*kernel_size=*/3, o.stride, /*padding=*/o.stride == 2 ? 0 : 1},
                                   /*ceil_mode=*/o.stride == 2);
    }
    if (const auto* pool = module.as<torch::nn::MaxPool2dImpl>()) {
      const auto& o = pool->options;
      return builder_.add_max_pool(name_of(module), input,
                                   {o.kernel_size()->at(0), o.stride()->at(0), o.padding()->at(0)},
                                   o.ceil_mode());
    }
    if (const auto* pool = module.as<torch::nn::AvgPool2dImpl>()) {
      const auto& o = pool->options;
      return builder_.add_average_pool(name_of(module), input, o.kernel_size()->at(0), o.stride()->at(0));
    }
    if (const auto* pool = module.as<torch::nn::AdaptiveAvgPool2dImpl>()) {
      return builder_.add_adaptive_average_pool(name_of(module), input,
                                                pool->options.output_size()->at(0).value());
    }
    if (const auto* norm = module.as<torch::nn::LocalResponseNormImpl>())
      return add_local_response_norm(*norm, input);
    unsupported(name_of(module));
  }

 private:
  int add_children(const Module& module, int input) {
    for (const auto& child : module.children()) input = add(*child, input);
    return input;
  }

  int add_branches(const nn::InceptionModuleImpl& inception, int input) {
    std::vector<int> outputs;
    for (const auto& branch : inception.children()) {
      outputs.push_back(add(*branch, input));
      if (outputs.back() == input) unsupported(name_of(inception));
    }
    return builder_.concatenate(outputs);
  }

  int add_convolution(const nn::Conv2dImpl& conv, int input) {
    const nn::Conv2dOptions& o = conv.options;
    if (o.groups != 1) unsupported(name_of(conv));
    return builder_.add_convolution(name_of(conv), input, {o.kernel_size, o.stride, o.padding}, conv.weight,
                                    conv.bias);
  }

  int add_batch_norm(const torch::nn::BatchNorm2dImpl& norm, int input) {
    if (!builder_.fold_batch_norm(input, norm.weight, norm.bias, norm.running_mean, norm.running_var,
                                  norm.options.eps()))
      unsupported(name_of(norm));
    return input;
  }

  int add_relu(int input) {
    builder_.add_relu(input);
    return input;
  }

  int add_local_response_norm(const torch::nn::LocalResponseNormImpl& norm, int input) {
    const auto& o = norm.options;
    if (o.size() != 5 || o.beta() != 0.75) unsupported(name_of(norm));
    return builder_.add_local_response_norm(name_of(norm), input, o.alpha(), o.k());
  }

  const nn::ModuleNames names_;
  GraphBuilder& builder_;
};

struct Stage {
  const Module* module;
  torch::Tensor output;
};

// The modules directly below a model, in the order in which they run.
std::vector<Stage> stages_of(Classifier& model, const torch::Tensor& image, Logits& logits) {
  std::unordered_set<const Module*> children;
  for (const auto& child : model.children()) children.insert(child.get());
  std::vector<Stage> stages;
  const nn::Observer observer([&](const Module& module, const torch::Tensor& output) {
    if (children.contains(&module)) stages.push_back({&module, output});
  });
  logits = model.forward(image);
  return stages;
}

// TransformInput scales and shifts each channel, so its outputs for zeros and ones determine both.
void add_transform(GraphBuilder& builder, const torch::Tensor& of_zeros, const torch::Tensor& of_ones) {
  for (int c = 0; c < 3; ++c) {
    const double shift = of_zeros[0][c][0][0].item<float>();
    const double sum = of_ones[0][c][0][0].item<float>();
    builder.set_image_transform(c, static_cast<float>(sum - shift), static_cast<float>(shift));
  }
}

}  // namespace

Lowered lower(Classifier& model, const LoweringOptions& options) {
  const torch::NoGradGuard no_grad;
  const models::EvaluationMode mode(&model);
  const auto device = model.parameters().front().device();
  const std::vector<int64_t> shape = {1, 3, GraphBuilder::kImageSize, GraphBuilder::kImageSize};
  Logits logits, logits_of_ones;
  const auto stages = stages_of(model, torch::zeros(shape, device), logits);
  const auto stages_of_ones = stages_of(model, torch::ones(shape, device), logits_of_ones);

  GraphBuilder builder(options.precision);
  ModuleLowering modules(model, &builder);
  std::vector<int> heads = {0};
  int tensor = 0;
  for (size_t i = 0; i < stages.size(); ++i) {
    const auto& [module, output] = stages[i];
    const bool is_auxiliary = output.is_same(logits.aux1) || output.is_same(logits.aux2);
    if (!output.defined() || (is_auxiliary && !options.all_heads)) continue;
    if (module->as<nn::TransformInputImpl>()) {
      if (tensor != 0) unsupported(modules.name_of(*module));
      add_transform(builder, output, stages_of_ones[i].output);
      continue;
    }
    const int end = modules.add(*module, tensor);
    if (is_auxiliary) {
      heads.push_back(end);
    } else {
      tensor = end;
    }
  }
  heads[0] = tensor;
  builder.set_heads(std::move(heads));
  return builder.finish(options.amax);
}

}  // namespace googlenet::lowering
