#pragma once

#include "binding/options.h"
#include "train/trainer.h"

namespace googlenet::binding {

// The options of a new trainer for a model with `num_classes`.
train::TrainerOptions read_trainer_options(const Options& options, int64_t num_classes);

// { lr, headLr }
train::LearningRates read_learning_rates(const Options& options);

}  // namespace googlenet::binding
