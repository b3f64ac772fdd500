#pragma once

#include <string>
#include <vector>

#include "models/classifier.h"

namespace googlenet::models {

// A layer without child modules, as one forward pass ran it.
struct LayerSummary {
  std::string name;             // as in the state_dict
  std::string type;             // of PyTorch: Conv2d, BatchNorm2d, …
  std::vector<int64_t> output;  // shape
  int64_t kernel;               // kernel size of a convolution or pool; 0 for others
  int64_t stride;
  int64_t groups;
  int64_t parameters;
  int64_t multiply_adds;  // of convolutions and linear layers; 0 for others
};

// In the order of execution, measured by a forward pass in the model's current mode. Without ReLU, Dropout,
// Flatten and TransformInput.
std::vector<LayerSummary> summarize(Classifier& model, const torch::Tensor& images);

// The outputs of modules, by name. Throws INVALID_ARGUMENT if there is no module of a name, or if the module
// has no output of its own.
std::vector<torch::Tensor> features(Classifier& model, const torch::Tensor& images,
                                    const std::vector<std::string>& names);

// Selvaraju et al., "Grad-CAM" (2017): how much each spatial position of a module's output, which must be
// [n, c, h, w], supports one class per image. Returns [n, h, w], not negative. `classes`: int64 [n].
torch::Tensor grad_cam(Classifier& model, const torch::Tensor& images, const std::string& name,
                       const torch::Tensor& classes);

}  // namespace googlenet::models
