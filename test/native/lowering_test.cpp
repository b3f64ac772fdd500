// A model becomes an engine only where every layer of it is known.
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

const LoweringOptions kOptions = {infer::Precision::kFloat, /*all_heads=*/false, {}};

// Keeps the shape, and turns zeros into zeros and ones into ones.
class BlurImpl : public torch::nn::Module {
 public:
  torch::Tensor forward(const torch::Tensor& x) {
    return torch::avg_pool2d(x, 3, 1, 1, /*ceil_mode=*/false, /*count_include_pad=*/false);
  }
};
TORCH_MODULE(Blur);

// Linear in 0 and 1, and nowhere else.
class SquareImpl : public torch::nn::Module {
 public:
  torch::Tensor forward(const torch::Tensor& x) { return x * x; }
};
TORCH_MODULE(Square);

// Exchanges channels.
class FlipImpl : public torch::nn::Module {
 public:
  torch::Tensor forward(const torch::Tensor& x) { return x.flip({1}); }
};
TORCH_MODULE(Flip);

// The smallest model, with something in front of it or behind a convolution that keeps the shape.
class Model : public models::Classifier {
 public:
  explicit Model(AnyModule first, bool behind = false) : Classifier(2) {
    const AnyModule keeps(nn::Conv2d(nn::Conv2dOptions{3, 3, 3, 1, 1}));
    if (behind) add("keeps", keeps);
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

bool is_refused(AnyModule module, bool behind = false) {
  Model model(std::move(module), behind);
  try {
    lower(model, kOptions);
  } catch (const core::Error& error) {
    return error.code() == "UNSUPPORTED" && std::string(error.what()).find("'first'") != std::string::npos;
  }
  return false;
}

}  // namespace

void test_lowering() {
  require(is_refused(AnyModule(Blur())), "a model that blurs its pictures becomes no engine");
  require(is_refused(AnyModule(Square())), "a model that squares its pictures becomes no engine");
  require(is_refused(AnyModule(Flip())), "a model that exchanges channels becomes no engine");
  require(is_refused(AnyModule(nn::TransformInput()), /*behind=*/true),
          "channels are changed in front of a network only");
  Model known{AnyModule(nn::TransformInput())};
  const Lowered lowered = lower(known, kOptions);
  require(lowered.network.picture_shift[0] == static_cast<float>((0.485 - 0.5) / 0.5),
          "a transform that is known becomes part of the reading of a picture");
}

}  // namespace googlenet::lowering
