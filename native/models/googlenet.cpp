#include "models/googlenet.h"

#include <torch/types.h>

#include "core/serial_queue.h"
#include "nn/chain.h"
#include "nn/max_pool.h"
#include "nn/observe.h"

namespace googlenet::models {

using namespace nn;

namespace {

using torch::nn::AnyModule;

// Table 1 of the paper.
//                            in  1×1  3×3r 3×3  5×5r 5×5  pool
const InceptionOptions k3a = {192, 64, 96, 128, 16, 32, 32};
const InceptionOptions k3b = {256, 128, 128, 192, 32, 96, 64};
const InceptionOptions k4a = {480, 192, 96, 208, 16, 48, 64};
const InceptionOptions k4b = {512, 160, 112, 224, 24, 64, 64};
const InceptionOptions k4c = {512, 128, 128, 256, 24, 64, 64};
const InceptionOptions k4d = {512, 112, 144, 288, 32, 64, 64};
const InceptionOptions k4e = {528, 256, 160, 320, 32, 128, 128};
const InceptionOptions k5a = {832, 256, 160, 320, 32, 128, 128};
const InceptionOptions k5b = {832, 384, 192, 384, 48, 128, 128};

torch::Tensor run_stages(std::vector<AnyModule>& stages, torch::Tensor x) {
  for (AnyModule& stage : stages) {
    core::check_cancelled();
    x = run(stage, x);
  }
  return x;
}

torch::Tensor run_head(AnyModule& head, const torch::Tensor& x) {
  return head.is_empty() ? torch::Tensor() : run(head, x);
}

}  // namespace

void GoogLeNetImpl::add(Stages& stages, const std::string& name, AnyModule module) {
  register_module(name, module.ptr());
  stages.push_back(std::move(module));
}

GoogLeNetImpl::GoogLeNetImpl(const GoogLeNetSpec& spec, const GoogLeNetOptions& o,
                             const at::Generator& generator)
    : Classifier(o.num_classes) {
  const auto inception = [&](Stages& stages, const char* name, const InceptionOptions& channels) {
    add(stages, spec.inception_name + name, spec.inception(channels));
  };
  const auto aux_heads = [&] {
    if (!o.aux_logits) return;
    aux1_ = spec.aux_head(k4a.out_channels(), o, generator);
    aux2_ = spec.aux_head(k4d.out_channels(), o, generator);
    register_module(spec.aux_names[0], aux1_.ptr());
    register_module(spec.aux_names[1], aux2_.ptr());
  };
  for (NamedModule& part : spec.stem(o)) add(until_4a_, part.name, std::move(part.module));
  inception(until_4a_, "3a", k3a);
  inception(until_4a_, "3b", k3b);
  add(until_4a_, "maxpool3", AnyModule(MaxPool2d(MaxPool2dOptions{/*stride=*/2})));
  inception(until_4a_, "4a", k4a);
  inception(until_4d_, "4b", k4b);
  inception(until_4d_, "4c", k4c);
  inception(until_4d_, "4d", k4d);
  inception(until_5b_, "4e", k4e);
  add(until_5b_, "maxpool4", spec.pool4());
  if (spec.aux_before_5a) aux_heads();
  inception(until_5b_, "5a", k5a);
  inception(until_5b_, "5b", k5b);
  if (!spec.aux_before_5a) aux_heads();
  add(until_5b_, "avgpool", spec.average());
  dropout_ = register_module("dropout", Dropout(o.dropout, generator));
  fc_ = register_module("fc", Linear(k5b.out_channels(), o.num_classes));
}

Logits GoogLeNetImpl::forward(const torch::Tensor& images) {
  Logits logits;
  torch::Tensor x = run_stages(until_4a_, images);  // [n, 512, 14, 14]
  logits.aux1 = run_head(aux1_, x);
  x = run_stages(until_4d_, x);  // [n, 528, 14, 14]
  logits.aux2 = run_head(aux2_, x);
  x = run_stages(until_5b_, x);  // [n, 1024, 1, 1]
  x = dropout_->forward(x.flatten(1));
  logits.main = observed(*fc_, fc_->forward(x));  // [n, num_classes]
  return logits;
}

}  // namespace googlenet::models
