#include "binding/trainer_results.h"

#include <torch/types.h>

#include <algorithm>

namespace googlenet::binding {

namespace {

Napi::Object batch_to_js(Napi::Env env, const train::BatchResult& result) {
  Napi::Object object = Napi::Object::New(env);
  object["loss"] = result.loss;
  object["mainLoss"] = result.main_loss;
  object["aux1Loss"] = result.aux1_loss;
  object["aux2Loss"] = result.aux2_loss;
  object["correct"] = static_cast<double>(result.correct);
  object["correctTop5"] = static_cast<double>(result.correct_top5);
  object["aux1Correct"] = static_cast<double>(result.aux1_correct);
  object["aux2Correct"] = static_cast<double>(result.aux2_correct);
  return object;
}

template <class Array, class Element>
Array array_of(Napi::Env env, const torch::Tensor& values) {
  const auto count = static_cast<size_t>(values.numel());
  Array array = Array::New(env, count);
  std::copy_n(values.const_data_ptr<Element>(), count, array.Data());
  return array;
}

}  // namespace

Napi::Object to_js(Napi::Env env, const train::StepResult& result) {
  Napi::Object object = batch_to_js(env, result);
  object["gradNorm"] = result.gradient_norm;
  return object;
}

Napi::Object to_js(Napi::Env env, const train::Evaluation& evaluation) {
  Napi::Object object = batch_to_js(env, evaluation);
  const train::Predictions& predictions = evaluation.predictions;
  object["predicted"] = array_of<Napi::Int32Array, int32_t>(env, predictions.classes);
  object["probabilities"] = array_of<Napi::Float32Array, float>(env, predictions.probabilities);
  object["labelProbabilities"] = array_of<Napi::Float32Array, float>(env, predictions.label_probabilities);
  return object;
}

}  // namespace googlenet::binding
