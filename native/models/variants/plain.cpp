#include "models/variants.h"
#include "models/variants/biased.h"

namespace googlenet::models::plain {

using namespace nn;

namespace {

using torch::nn::AnyModule;
using torch::nn::ReLU;

std::vector<NamedModule> stem(const GoogLeNetOptions&) {
  const Chain layers({{"conv1", Conv2d(Conv2dOptions{3, 64, 7, /*stride=*/2, /*padding=*/3})},
                      {"pool1", biased::relu_max_pool()},
                      {"conv2_reduce", Conv2d(Conv2dOptions{64, 64, 1})},
                      {"relu2_reduce", ReLU(true)},
                      {"conv2", Conv2d(Conv2dOptions{64, 192, 3, 1, 1})},
                      {"pool2", biased::relu_max_pool()}});
  return {{"trunk", AnyModule(layers)}};
}

// An auxiliary head for training only: in evaluation mode it has no logits.
class TrainingHeadImpl : public torch::nn::Module {
 public:
  explicit TrainingHeadImpl(AnyModule head) : head_(std::move(head)) { register_module("head", head_.ptr()); }
  torch::Tensor forward(const torch::Tensor& input) {
    return is_training() ? run(head_, input) : torch::Tensor();
  }

 private:
  AnyModule head_;
};
TORCH_MODULE(TrainingHead);

AnyModule aux_head(int64_t in_channels, const GoogLeNetOptions& options, const at::Generator& generator) {
  return AnyModule(TrainingHead(biased::aux_head(in_channels, options, generator)));
}

}  // namespace

// Without any normalization.
GoogLeNetSpec spec() {
  return {stem,         biased::inception, biased::pool4,         aux_head, biased::average,
          "inception_", {"aux1", "aux2"},  /*aux_before_5a=*/true};
}

}  // namespace googlenet::models::plain
