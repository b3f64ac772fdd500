#include "train/batch_summary.h"

#include <torch/types.h>

#include <algorithm>
#include <limits>

namespace googlenet::train {

torch::Tensor summarize_batch(const Losses& losses, const models::Logits& logits,
                              const torch::Tensor& labels) {
  const torch::NoGradGuard no_grad;
  const auto number = [](const torch::Tensor& value) { return value.detach().to(at::kDouble); };
  const torch::Tensor none =
      torch::full({}, std::numeric_limits<double>::quiet_NaN(), number(losses.main).options());
  const auto loss = [&](const torch::Tensor& value) { return value.defined() ? number(value) : none; };
  const auto correct = [&](const torch::Tensor& head) {
    return head.defined() ? number(head.argmax(1).eq(labels).sum()) : torch::zeros_like(none);
  };
  const auto top5 = std::get<1>(logits.main.topk(std::min<int64_t>(5, logits.main.size(1)), /*dim=*/1));
  const auto is_label = top5.eq(labels.unsqueeze(1));
  return torch::stack({number(losses.total), number(losses.main), loss(losses.aux1), loss(losses.aux2),
                       number(is_label.select(1, 0).sum()), number(is_label.sum()), correct(logits.aux1),
                       correct(logits.aux2)});
}

BatchResult to_batch_result(const double* v) {
  const auto count = [](double value) { return static_cast<int64_t>(value); };
  return {v[0], v[1], v[2], v[3], count(v[4]), count(v[5]), count(v[6]), count(v[7])};
}

Predictions predict(const torch::Tensor& logits, const torch::Tensor& labels) {
  const torch::Tensor probabilities = logits.to(at::kFloat).softmax(1);
  const auto [best, classes] = probabilities.max(1);
  const torch::Tensor of_labels = probabilities.gather(1, labels.unsqueeze(1)).squeeze(1);
  // One tensor, so one wait; class indices are exact in float.
  const torch::Tensor host = torch::stack({classes.to(at::kFloat), best, of_labels}).to(at::kCPU);
  return {host[0].to(at::kInt), host[1], host[2]};
}

}  // namespace googlenet::train
