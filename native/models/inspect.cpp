#include "models/inspect.h"

#include <torch/csrc/autograd/autograd.h>
#include <torch/nn/modules/pooling.h>
#include <torch/types.h>

#include <unordered_map>

#include "core/error.h"
#include "nn/layers.h"
#include "nn/max_pool.h"
#include "nn/names.h"
#include "nn/observe.h"

namespace googlenet::models {

using namespace nn;

namespace {

using torch::nn::Module;

// googlenet::nn::Conv2dImpl → Conv2d
std::string type_of(const Module& module) {
  std::string type = module.name();
  type.erase(0, type.rfind(':') + 1);
  if (type.ends_with("Impl")) type.erase(type.size() - 4);
  return type;
}

struct Kernel {
  int64_t size = 0;
  int64_t stride = 0;
  int64_t groups = 0;
};

Kernel kernel_of(const Module& module) {
  if (const auto* conv = module.as<Conv2dImpl>())
    return {conv->options.kernel_size, conv->options.stride, conv->options.groups};
  if (const auto* pool = module.as<MaxPool2dImpl>()) return {3, pool->options.stride, 1};
  if (const auto* pool = module.as<torch::nn::MaxPool2dImpl>())
    return {pool->options.kernel_size()->at(0), pool->options.stride()->at(0), 1};
  if (const auto* pool = module.as<torch::nn::AvgPool2dImpl>())
    return {pool->options.kernel_size()->at(0), pool->options.stride()->at(0), 1};
  return {};
}

int64_t multiply_adds(const Module& module, const torch::Tensor& output) {
  if (const auto* conv = module.as<Conv2dImpl>()) return output.numel() * conv->weight[0].numel();
  if (const auto* linear = module.as<LinearImpl>()) return output.numel() * linear->weight.size(1);
  return 0;
}

const Module& module_named(const Module& model, const std::string& name) {
  for (const auto& child : model.named_modules("", /*include_self=*/false))
    if (child.key() == name) return *child.value();
  std::string children;
  for (const auto& child : model.named_children()) children += (children.empty() ? "" : ", ") + child.key();
  throw core::Error("INVALID_ARGUMENT", "The model has no module '" + name + "'. It has " + children +
                                            " and their children, named with dots.");
}

}  // namespace

std::vector<LayerSummary> summarize(Classifier& model, const torch::Tensor& images) {
  const torch::NoGradGuard no_grad;
  const auto names = names_of(model);
  std::vector<LayerSummary> layers;
  const Observer observer([&](const Module& module, const torch::Tensor& output) {
    const auto name = names.find(&module);
    if (!module.children().empty() || name == names.end() || !output.defined()) return;
    int64_t parameters = 0;
    for (const torch::Tensor& parameter : module.parameters()) parameters += parameter.numel();
    const std::vector<int64_t> shape = output.sizes().vec();
    const std::string type = type_of(module);
    if (type == "ReLU" || type == "Dropout" || type == "Flatten" || type == "TransformInput") return;
    const Kernel kernel = kernel_of(module);
    layers.push_back({name->second, type, shape, kernel.size, kernel.stride, kernel.groups, parameters,
                      multiply_adds(module, output)});
  });
  model.forward(images);
  return layers;
}

std::vector<torch::Tensor> features(Classifier& model, const torch::Tensor& images,
                                    const std::vector<std::string>& names) {
  const torch::NoGradGuard no_grad;
  std::unordered_map<const Module*, torch::Tensor> outputs;
  for (const std::string& name : names) outputs.emplace(&module_named(model, name), torch::Tensor());
  {
    // A copy, because the next modules may work in place.
    const Observer observer([&](const Module& module, const torch::Tensor& output) {
      const auto wanted = outputs.find(&module);
      if (wanted != outputs.end() && output.defined()) wanted->second = output.clone();
    });
    model.forward(images);
  }
  std::vector<torch::Tensor> found;
  for (const std::string& name : names) {
    const torch::Tensor output = outputs.at(&module_named(model, name));
    if (!output.defined())
      throw core::Error("INVALID_ARGUMENT", "The module '" + name + "' has no output here.");
    found.push_back(output);
  }
  return found;
}

torch::Tensor grad_cam(Classifier& model, const torch::Tensor& images, const std::string& name,
                       const torch::Tensor& classes) {
  const torch::AutoGradMode with_grad(true);
  const Module& wanted = module_named(model, name);
  torch::Tensor activation;
  Logits logits;
  {
    const Observer observer([&](const Module& module, const torch::Tensor& output) {
      if (&module == &wanted) activation = output;
    });
    logits = model.forward(images);
  }
  if (!activation.defined() || activation.dim() != 4)
    throw core::Error("INVALID_ARGUMENT", "The module '" + name + "' has no feature maps.");
  const torch::Tensor score = logits.main.gather(1, classes.unsqueeze(1)).sum();
  const auto gradients = activation.requires_grad()
                             ? torch::autograd::grad({score}, {activation}, {}, /*retain_graph=*/std::nullopt,
                                                     /*create_graph=*/false, /*allow_unused=*/true)
                             : std::vector<torch::Tensor>(1);
  const torch::Tensor& gradient = gradients[0];
  if (!gradient.defined()) {
    throw core::Error("INVALID_ARGUMENT",
                      "The module '" + name + "' is not on the way from weights to the main logits.");
  }
  const torch::NoGradGuard no_grad;
  const torch::Tensor weights = gradient.mean({2, 3}, /*keepdim=*/true);
  return (weights * activation.detach()).sum(1).relu_();
}

}  // namespace googlenet::models
