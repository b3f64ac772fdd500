#include "binding/trainer_options.h"

#include "binding/choices.h"
#include "binding/tensor_options.h"

namespace googlenet::binding {

namespace {

constexpr Choice<at::ScalarType> kAutocastTypes[] = {{"float32", at::kFloat}, {"bfloat16", at::kBFloat16}};

}  // namespace

train::TrainerOptions read_trainer_options(const Options& options, int64_t num_classes) {
  train::TrainerOptions read;
  read.sgd = {options.number("momentum"), options.number("dampening"), options.number("weightDecay"),
              options.boolean("nesterov"), options.boolean("fused")};
  read.loss.aux_weight = options.number("auxWeight");
  read.loss.label_smoothing = options.number("labelSmoothing");
  if (!options.is_null("classWeights"))
    read.loss.class_weights = copy_floats(options, "classWeights", {num_classes});
  read.max_grad_norm = options.optional_number("maxGradNorm");
  read.ema_decay = options.optional_number("emaDecay");
  read.precision = value_named(kAutocastTypes, options.string("precision"), "precision of a trainer");
  read.frozen = options.strings("frozen");
  read.head = options.strings("head");
  return read;
}

train::LearningRates read_learning_rates(const Options& options) {
  return {options.number("lr"), options.number("headLr")};
}

}  // namespace googlenet::binding
