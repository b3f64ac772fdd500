#pragma once

#include <string>
#include <vector>

#include "models/classifier.h"

namespace googlenet::models {

// A layer without layers inside it, as one forward pass has seen it.
struct LayerSummary {
  std::string name;  // as in the state_dict
  std::string type;  // of PyTorch: Conv2d, BatchNorm2d, …
  std::vector<int64_t> output;
  int64_t kernel;  // side of the window of a convolution or pool; 0 for others
  int64_t stride;
  int64_t groups;
  int64_t parameters;
  int64_t multiply_adds;  // of convolutions and linear layers; others have none to speak of
};

// In the order of execution, by a forward pass in the mode the model is in. ReLU, dropout, flattening and the
// transform of the input are left out.
std::vector<LayerSummary> summarize(Classifier& model, const torch::Tensor& images);

// Outputs of the modules of these names. Throws INVALID_ARGUMENT for a name that is none of a module, or of
// one that has no output of its own.
std::vector<torch::Tensor> features(Classifier& model, const torch::Tensor& images,
                                    const std::vector<std::string>& names);

// How much each place of a module's output speaks for a class, [n, h, w], zero or more: Selvaraju et al.,
// "Grad-CAM" (2017). The output must be [n, c, h, w].
torch::Tensor grad_cam(Classifier& model, const torch::Tensor& images, const std::string& name,
                       const torch::Tensor& classes);

}  // namespace googlenet::models
