#include "train/trainer.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/serial_queue.h"
#include "train/gradients.h"

namespace googlenet::train {

namespace {

// Losses and hits of a batch as one tensor on its device, so that the host waits for it once.
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

BatchResult to_result(const torch::Tensor& summary) {
  const torch::Tensor host = summary.to(at::kCPU);
  const double* v = host.const_data_ptr<double>();
  const auto count = [](double value) { return static_cast<int64_t>(value); };
  return {v[0], v[1], v[2], v[3], count(v[4]), count(v[5]), count(v[6]), count(v[7])};
}

Predictions predict(const torch::Tensor& logits, const torch::Tensor& labels) {
  const torch::Tensor probabilities = logits.to(at::kFloat).softmax(1);
  const auto [best, classes] = probabilities.max(1);
  const torch::Tensor of_labels = probabilities.gather(1, labels.unsqueeze(1)).squeeze(1);
  return {classes.to(at::kCPU, at::kInt), best.to(at::kCPU).contiguous(),
          of_labels.to(at::kCPU).contiguous()};
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
    const Autocast autocast(options_.precision, images.device());
    logits = model_->forward(images);
    losses = cross_entropy_losses(logits, labels, options_.loss, over);
  }
  (share == 1 ? losses.total : losses.total * share).backward();
  check_cancelled();
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
  const double whole = some_images.size() == 1 ? 1 : weight_of(labels, options_.loss);
  torch::Tensor summary;
  for (size_t i = 0; i < some_images.size(); ++i) {
    const double weight = some_images.size() == 1 ? 1 : weight_of(some_labels[i], options_.loss);
    // Classes that weigh nothing have no mean. Label smoothing gives their pictures a share all the same.
    const Over over = weight > 0 ? Over::kMean : Over::kSum;
    const double share = (weight > 0 ? weight : 1) / whole;
    const torch::Tensor part = accumulate(some_images[i], some_labels[i], over, share);
    summary = summary.defined() ? summary.add_(part) : part;
  }
  torch::Tensor norm;
  if (options_.clip_norm) norm = clip_gradients(parameters_, *options_.clip_norm);
  optimizer_.step(lr);
  if (average_) average_->update();
  const double gradient_norm =
      norm.defined() ? norm.item<double>() : std::numeric_limits<double>::quiet_NaN();
  return {to_result(summary), gradient_norm};
}

Evaluation Trainer::evaluate(const torch::Tensor& images, const torch::Tensor& labels, bool averaged) {
  const torch::NoGradGuard no_grad;
  const EvaluationMode mode(model_.get());
  const AveragedWeights weights(averaged ? average() : nullptr);
  const Autocast autocast(options_.precision, images.device());
  const Logits logits = model_->forward(images);
  LossOptions plain;
  plain.aux_weight = options_.loss.aux_weight;
  const Losses losses = cross_entropy_losses(logits, labels, plain, Over::kMean);
  return {to_result(summarize(losses, logits, labels)), predict(logits.main, labels)};
}

}  // namespace googlenet::train
