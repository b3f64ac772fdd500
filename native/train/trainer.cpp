#include "train/trainer.h"

#include <torch/types.h>

#include <algorithm>
#include <limits>

#include "core/serial_queue.h"
#include "core/upload.h"
#include "train/batch_summary.h"
#include "train/gradients.h"

namespace googlenet::train {

using models::Classifier;
using models::Logits;
using weights::NamedTensor;

namespace {

// Parameters with, or without, one of these names.
std::vector<NamedTensor> select(const std::vector<NamedTensor>& parameters,
                                const std::vector<std::string>& names, bool named) {
  std::vector<NamedTensor> selected;
  for (const NamedTensor& parameter : parameters) {
    const bool is_named = std::find(names.begin(), names.end(), parameter.name) != names.end();
    if (is_named == named) selected.push_back(parameter);
  }
  return selected;
}

c10::Device device_of(const Classifier& model) {
  return model.parameters().front().device();
}

LossOptions on_device(LossOptions options, c10::Device device) {
  if (options.class_weights.defined()) options.class_weights = core::upload(options.class_weights, device);
  return options;
}

// Freezes parameters while it exists. Not for longer, because another trainer of the model may train them.
class FreezeParameters {
 public:
  explicit FreezeParameters(std::vector<NamedTensor>* parameters) : parameters_(parameters) { set(false); }
  ~FreezeParameters() { set(true); }
  FreezeParameters(const FreezeParameters&) = delete;
  FreezeParameters& operator=(const FreezeParameters&) = delete;

 private:
  void set(bool requires_grad) {
    for (NamedTensor& parameter : *parameters_) parameter.tensor.set_requires_grad(requires_grad);
  }

  std::vector<NamedTensor>* parameters_;
};

}  // namespace

Trainer::Trainer(std::shared_ptr<Classifier> model, const TrainerOptions& options)
    : model_(std::move(model)),
      options_(options),
      loss_(on_device(options.loss, device_of(*model_))),
      parameters_(select(weights::named_parameters(*model_), options.frozen, /*named=*/false)),
      frozen_(select(weights::named_parameters(*model_), options.frozen, /*named=*/true)),
      optimizer_(parameters_, options.head, options.sgd) {
  if (options.ema_decay) ema_.emplace(parameters_, *options.ema_decay);
}

torch::Tensor Trainer::accumulate(const torch::Tensor& images, const torch::Tensor& labels,
                                  Reduction reduction, double share) {
  Logits logits;
  Losses losses;
  {
    const core::Autocast autocast(options_.precision, images.device());
    logits = model_->forward(images);
    losses = cross_entropy_losses(logits, labels, loss_, reduction);
  }
  (share == 1 ? losses.total : losses.total * share).backward();
  core::check_cancelled();
  torch::Tensor summary = summarize_batch(losses, logits, labels);
  summary.narrow(0, 0, kSummaryLosses).mul_(share);
  return summary;
}

StepResult Trainer::step(const torch::Tensor& images, const torch::Tensor& labels, const LearningRates& lr,
                         int64_t micro_batches) {
  const torch::AutoGradMode with_grad(true);
  const FreezeParameters freeze(&frozen_);
  model_->train();
  optimizer_.zero_grad();
  const auto image_chunks = images.chunk(micro_batches);
  const auto host_labels = labels.chunk(micro_batches);
  const auto device_labels = core::upload(labels, images.device()).chunk(micro_batches);
  const auto weight = [&](const torch::Tensor& of) { return total_weight(of, options_.loss.class_weights); };
  const double batch_weight = image_chunks.size() == 1 ? 1 : weight(labels);
  torch::Tensor summary;
  for (size_t i = 0; i < image_chunks.size(); ++i) {
    const double own_weight = image_chunks.size() == 1 ? 1 : weight(host_labels[i]);
    // Labels whose classes all weigh 0 have no mean. With label smoothing their images still have a share.
    const Reduction reduction = own_weight > 0 ? Reduction::kMean : Reduction::kSum;
    const double share = (own_weight > 0 ? own_weight : 1) / batch_weight;
    const torch::Tensor part = accumulate(image_chunks[i], device_labels[i], reduction, share);
    summary = summary.defined() ? summary.add_(part) : part;
  }
  torch::Tensor norm = torch::full({}, std::numeric_limits<double>::quiet_NaN(), summary.options());
  if (options_.max_grad_norm) norm = clip_grad_norm(parameters_, *options_.max_grad_norm).to(at::kDouble);
  // All memory is allocated before the optimizer's step: running out of it later would report a step that was
  // taken as failed.
  const torch::Tensor results = torch::cat({summary, norm.unsqueeze(0)});
  const torch::Tensor host = torch::empty(results.sizes(), torch::kDouble);
  if (ema_) ema_->prepare();
  optimizer_.step(lr);
  if (ema_) ema_->update();
  host.copy_(results);
  const double* values = host.const_data_ptr<double>();
  return {to_batch_result(values), values[summary.numel()]};
}

Evaluation Trainer::evaluate(const torch::Tensor& images, const torch::Tensor& host_labels, bool ema) {
  const torch::NoGradGuard no_grad;
  const torch::Tensor labels = core::upload(host_labels, images.device());
  const models::EvaluationMode mode(model_.get());
  const EmaSwap ema_weights(ema ? this->ema() : nullptr);
  const core::Autocast autocast(options_.precision, images.device());
  const Logits logits = model_->forward(images);
  LossOptions plain;
  plain.aux_weight = options_.loss.aux_weight;
  const Losses losses = cross_entropy_losses(logits, labels, plain, Reduction::kMean);
  const torch::Tensor summary = summarize_batch(losses, logits, labels).to(at::kCPU);
  return {to_batch_result(summary.const_data_ptr<double>()), predict(logits.main, labels)};
}

}  // namespace googlenet::train
