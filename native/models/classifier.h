#pragma once

#include <torch/nn/module.h>

namespace googlenet::models {

// Logits [n, num_classes]. Those of auxiliary heads are undefined if the model has none, or does not run
// them.
struct Logits {
  torch::Tensor main;
  torch::Tensor aux1;
  torch::Tensor aux2;
};

// What training and the binding know about a model: images [n, 3, h, w] in, logits out.
class Classifier : public torch::nn::Module {
 public:
  explicit Classifier(int64_t num_classes) : num_classes(num_classes) {}
  virtual Logits forward(const torch::Tensor& images) = 0;

  const int64_t num_classes;
};

// Puts a model into evaluation mode while this exists, and then back into its previous mode.
class EvaluationMode {
 public:
  explicit EvaluationMode(Classifier* model) : model_(model), was_training_(model->is_training()) {
    model_->eval();
  }
  ~EvaluationMode() { model_->train(was_training_); }
  EvaluationMode(const EvaluationMode&) = delete;
  EvaluationMode& operator=(const EvaluationMode&) = delete;

 private:
  Classifier* model_;
  bool was_training_;
};

}  // namespace googlenet::models
