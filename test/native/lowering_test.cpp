// A model is lowered only if every layer of it is known.
#include <torch/nn/modules/pooling.h>
#include <torch/types.h>

#include "core/error.h"
#include "lowering/lower.h"
#include "nn/chain.h"
#include "nn/layers.h"
#include "nn/observe.h"
#include "nn/transform_input.h"
#include "tests.h"

namespace googlenet::lowering {

namespace {

using torch::nn::AnyModule;

const LoweringOptions kOptions = {infer::Precision::kFloat32, /*all_heads=*/false, {}};

// Keeps the shape, and maps zeros to zeros and ones to ones.
class BlurImpl : public torch::nn::Module {
 public:
  torch::Tensor forward(const torch::Tensor& x) {
    return torch::avg_pool2d(x, 3, 1, 1, /*ceil_mode=*/false, /*count_include_pad=*/false);
  }
};
TORCH_MODULE(Blur);

// Maps 0 to 0 and 1 to 1, but is not linear.
class SquareImpl : public torch::nn::Module {
 public:
  torch::Tensor forward(const torch::Tensor& x) { return x * x; }
};
TORCH_MODULE(Square);

// Reverses the channels.
class FlipImpl : public torch::nn::Module {
 public:
  torch::Tensor forward(const torch::Tensor& x) { return x.flip({1}); }
};
TORCH_MODULE(Flip);

// A small model with a module at its beginning, or after a convolution that keeps the shape.
class Model : public models::Classifier {
 public:
  explicit Model(AnyModule first, bool after_conv = false) : Classifier(2) {
    const AnyModule keeps(nn::Conv2d(nn::Conv2dOptions{3, 3, 3, 1, 1}));
    if (after_conv) add("keeps", keeps);
    add("first", std::move(first));
    add("conv", AnyModule(nn::Conv2d(nn::Conv2dOptions{3, 4, 1})));
    add("average", AnyModule(torch::nn::AdaptiveAvgPool2d(torch::nn::AdaptiveAvgPool2dOptions({1, 1}))));
    add("fc", AnyModule(nn::Linear(4, 2)));
    const torch::NoGradGuard no_grad;
    for (torch::Tensor& parameter : parameters()) parameter.normal_();
  }
  models::Logits forward(const torch::Tensor& images) override {
    torch::Tensor x = images;
    for (AnyModule& stage : stages_) x = nn::run(stage, x.size(-1) == 1 ? x.flatten(1) : x);
    return {x, {}, {}};
  }

 private:
  void add(const std::string& name, AnyModule module) {
    register_module(name, module.ptr());
    stages_.push_back(std::move(module));
  }
  std::vector<AnyModule> stages_;
};

bool is_refused(AnyModule module, bool after_conv = false) {
  Model model(std::move(module), after_conv);
  try {
    lower(model, kOptions);
  } catch (const core::Error& error) {
    return error.code() == "UNSUPPORTED" && std::string(error.what()).find("'first'") != std::string::npos;
  }
  return false;
}

}  // namespace

void test_lowering() {
  require(is_refused(AnyModule(Blur())), "a model that blurs its images is not lowered");
  require(is_refused(AnyModule(Square())), "a model that squares its images is not lowered");
  require(is_refused(AnyModule(Flip())), "a model that reverses channels is not lowered");
  require(is_refused(AnyModule(nn::TransformInput()), /*after_conv=*/true),
          "a transform of channels is only supported at the beginning");
  Model known{AnyModule(nn::TransformInput())};
  const Lowered lowered = lower(known, kOptions);
  require(lowered.network.image_shift[0] == static_cast<float>((0.485 - 0.5) / 0.5),
          "a known transform becomes part of reading the image");
}

}  // namespace googlenet::lowering
