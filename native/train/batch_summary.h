#pragma once

#include "train/loss.h"
#include "train/trainer.h"

namespace googlenet::train {

// Losses and counts of a batch as one tensor of doubles on its device, so that the host waits once:
// total, main, aux 1, aux 2 losses; correct, correct among five, correct of aux 1, correct of aux 2.
torch::Tensor summarize_batch(const Losses& losses, const models::Logits& logits,
                              const torch::Tensor& labels);

// How many losses a summary begins with.
constexpr int64_t kSummaryLosses = 4;

// The values of a summary.
BatchResult to_batch_result(const double* values);

// Waits for the device.
Predictions predict(const torch::Tensor& logits, const torch::Tensor& labels);

}  // namespace googlenet::train
