#include "nn/observe.h"

namespace googlenet::nn {

namespace {
thread_local Observer* watching = nullptr;
}

Observer::Observer(Note note) : note_(std::move(note)), outer_(watching) {
  watching = this;
}

Observer::~Observer() {
  watching = outer_;
}

torch::Tensor observed(const torch::nn::Module& module, torch::Tensor output) {
  if (watching != nullptr) watching->note_(module, output);
  return output;
}

}  // namespace googlenet::nn
