#include "train/trainer.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/serial_queue.h"
#include "core/upload.h"
#include "train/gradients.h"

namespace googlenet::train {

namespace {

// Losses and hits of a batch as one tensor on its device.
// total, main, aux 1, aux 2, hits, hits among five, hits of aux 1, hits of aux 2
torch::Tensor summarize(const Losses& losses, const Logits& logits, const torch::Tensor& labels) {
  const torch::NoGradGuard no_grad;
  const auto number = [](const torch::Tensor& value) { return value.detach().to(at::kDouble); };
  const torch::Tensor none =
      torch::full({}, std::numeric_limits<double>::quiet_NaN(), number(losses.main).options());
  const auto loss = [&](const torch::Tensor& value) { return value.defined() ? number(value) : none; };
  const auto hits = [&](const torch::Tensor& head) {
    return head.defined() ? number(head.argmax(1).eq(labels).sum()) : torch::zeros_like(none);
  };
  const auto best = std::get<1>(logits.main.topk(std::min<int64_t>(5, logits.main.size(1)), /*dim=*/1));
  const auto among = best.eq(labels.unsqueeze(1));
  return torch::stack({number(losses.total), number(losses.main), loss(losses.aux1), loss(losses.aux2),
                       number(among.select(1, 0).sum()), number(among.sum()), hits(logits.aux1),
                       hits(logits.aux2)});
}

BatchResult to_result(const double* v) {
  const auto count = [](double value) { return static_cast<int64_t>(value); };
  return {v[0], v[1], v[2], v[3], count(v[4]), count(v[5]), count(v[6]), count(v[7])};
}

Predictions predict(const torch::Tensor& logits, const torch::Tensor& labels) {
  const torch::Tensor probabilities = logits.to(at::kFloat).softmax(1);
  const auto [best, classes] = probabilities.max(1);
  const torch::Tensor of_labels = probabilities.gather(1, labels.unsqueeze(1)).squeeze(1);
  // Numbers of classes are exact in float.
  const torch::Tensor host = torch::stack({classes.to(at::kFloat), best, of_labels}).to(at::kCPU);
  return {host[0].to(at::kInt), host[1], host[2]};
}

struct Split {
  std::vector<NamedTensor> trained;
  std::vector<NamedTensor> frozen;
};

Split split(const std::vector<NamedTensor>& parameters, const std::vector<std::string>& frozen) {
  Split parts;
  for (const NamedTensor& parameter : parameters) {
    const bool is_frozen = std::find(frozen.begin(), frozen.end(), parameter.name) != frozen.end();
    (is_frozen ? parts.frozen : parts.trained).push_back(parameter);
  }
  return parts;
}

c10::Device device_of(const Classifier& model) {
  return model.parameters().front().device();
}

LossOptions on_device(LossOptions options, c10::Device device) {
  if (options.class_weights.defined()) options.class_weights = core::upload(options.class_weights, device);
  return options;
}

// No gradients for these parameters as long as it lives. Not longer, because another trainer of the model may
// train them.
class WithoutGradients {
 public:
  explicit WithoutGradients(std::vector<NamedTensor>* parameters) : parameters_(parameters) { set(false); }
  ~WithoutGradients() { set(true); }

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
      parameters_(split(named_parameters(*model_), options.frozen).trained),
      frozen_(split(named_parameters(*model_), options.frozen).frozen),
      optimizer_(parameters_, options.head, options.sgd) {
  if (options.average_decay) average_.emplace(parameters_, *options.average_decay);
}

torch::Tensor Trainer::accumulate(const torch::Tensor& images, const torch::Tensor& labels, Over over,
                                  double share) {
  Logits logits;
  Losses losses;
  {
    const core::Autocast autocast(options_.precision, images.device());
    logits = model_->forward(images);
    losses = cross_entropy_losses(logits, labels, loss_, over);
  }
  (share == 1 ? losses.total : losses.total * share).backward();
  core::check_cancelled();
  torch::Tensor summary = summarize(losses, logits, labels);
  summary.narrow(0, 0, 4).mul_(share);
  return summary;
}

StepResult Trainer::step(const torch::Tensor& images, const torch::Tensor& labels, const LearningRates& lr,
                         int64_t parts) {
  const torch::AutoGradMode with_grad(true);
  const WithoutGradients frozen(&frozen_);
  model_->train();
  optimizer_.zero_grad();
  const auto some_images = images.chunk(parts);
  const auto some_labels = labels.chunk(parts);
  const auto their_labels = core::upload(labels, images.device()).chunk(parts);
  const auto weight = [&](const torch::Tensor& of) { return weight_of(of, options_.loss.class_weights); };
  const double whole = some_images.size() == 1 ? 1 : weight(labels);
  torch::Tensor summary;
  for (size_t i = 0; i < some_images.size(); ++i) {
    const double own = some_images.size() == 1 ? 1 : weight(some_labels[i]);
    // Classes that weigh nothing have no mean. Label smoothing gives their pictures a share all the same.
    const Over over = own > 0 ? Over::kMean : Over::kSum;
    const double share = (own > 0 ? own : 1) / whole;
    const torch::Tensor part = accumulate(some_images[i], their_labels[i], over, share);
    summary = summary.defined() ? summary.add_(part) : part;
  }
  torch::Tensor norm = torch::full({}, std::numeric_limits<double>::quiet_NaN(), summary.options());
  if (options_.clip_norm) norm = clip_gradients(parameters_, *options_.clip_norm).to(at::kDouble);
  // Memory that runs out behind the optimiser's step would end a step that was taken with an error.
  const torch::Tensor numbers = torch::cat({summary, norm.unsqueeze(0)});
  const torch::Tensor host = torch::empty(numbers.sizes(), torch::kDouble);
  if (average_) average_->prepare();
  optimizer_.step(lr);
  if (average_) average_->update();
  host.copy_(numbers);
  const double* values = host.const_data_ptr<double>();
  return {to_result(values), values[8]};
}

Evaluation Trainer::evaluate(const torch::Tensor& images, const torch::Tensor& host_labels, bool averaged) {
  const torch::NoGradGuard no_grad;
  const torch::Tensor labels = core::upload(host_labels, images.device());
  const EvaluationMode mode(model_.get());
  const AveragedWeights weights(averaged ? average() : nullptr);
  const core::Autocast autocast(options_.precision, images.device());
  const Logits logits = model_->forward(images);
  LossOptions plain;
  plain.aux_weight = options_.loss.aux_weight;
  const Losses losses = cross_entropy_losses(logits, labels, plain, Over::kMean);
  const torch::Tensor summary = summarize(losses, logits, labels).to(at::kCPU);
  return {to_result(summary.const_data_ptr<double>()), predict(logits.main, labels)};
}

}  // namespace googlenet::train
