#include "binding/trainer_handle.h"

#include <torch/types.h>

#include <algorithm>

#include "binding/classifier_handle.h"
#include "core/device.h"
#include "core/error.h"

namespace googlenet::binding {

// The optimiser's tensors belong to the model's thread, so they are created, used and freed there only.
struct TrainerHandle::State : Dependent {
  TrainerOptions options;
  int64_t num_classes;
  std::vector<TensorInfo> trained;  // the parameters that are not frozen
  int64_t reported_bytes;
  std::unique_ptr<Trainer> trainer;

  Trainer& on(Session& session) {
    if (!trainer) trainer = std::make_unique<Trainer>(ClassifierHandle::model_of(session), options);
    return *trainer;
  }

  // Gradients are the parameters' and may be another trainer's by now.
  void release(Session& session) override {
    if (trainer && session.gradients_of == this) {
      trainer->zero_grad();
      session.gradients_of = nullptr;
    }
    trainer.reset();
  }
};

namespace {

TrainerOptions read_options(const Options& options, int64_t num_classes) {
  TrainerOptions read;
  read.sgd = {options.number("momentum"), options.number("dampening"), options.number("weightDecay"),
              options.boolean("nesterov"), options.boolean("fused")};
  read.loss.aux_weight = options.number("auxWeight");
  read.loss.label_smoothing = options.number("labelSmoothing");
  if (!options.value("classWeights").IsNull())
    read.loss.class_weights = copy_floats(options, "classWeights", {num_classes});
  if (!options.value("clipNorm").IsNull()) read.clip_norm = options.number("clipNorm");
  if (!options.value("averageDecay").IsNull()) read.average_decay = options.number("averageDecay");
  const std::string precision = options.string("precision");
  if (precision != "float32" && precision != "bfloat16")
    throw core::Error("INVALID_ARGUMENT", "Expected 'float32' or 'bfloat16' for precision.");
  read.frozen = options.strings("frozen");
  read.head = options.strings("head");
  read.precision = precision == "bfloat16" ? at::kBFloat16 : at::kFloat;
  return read;
}

std::vector<TensorInfo> without(std::vector<TensorInfo> parameters, const std::vector<std::string>& names) {
  std::erase_if(parameters, [&](const TensorInfo& parameter) {
    return std::find(names.begin(), names.end(), parameter.name) != names.end();
  });
  return parameters;
}

// Momentum and gradients, once they are there, and the average.
int64_t training_bytes(const std::vector<TensorInfo>& parameters, const TrainerOptions& options) {
  int64_t elements = 0;
  for (const TensorInfo& parameter : parameters) elements += c10::multiply_integers(parameter.shape);
  return (options.average_decay ? 3 : 2) * elements * static_cast<int64_t>(sizeof(float));
}

Napi::Object to_js(Napi::Env env, const BatchResult& result) {
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

Napi::Object to_js(Napi::Env env, const StepResult& result) {
  Napi::Object object = to_js(env, static_cast<const BatchResult&>(result));
  object["gradNorm"] = result.gradient_norm;
  return object;
}

template <class Array, class Element>
Array array_of(Napi::Env env, const torch::Tensor& values) {
  const auto count = static_cast<size_t>(values.numel());
  Array array = Array::New(env, count);
  std::copy_n(values.const_data_ptr<Element>(), count, array.Data());
  return array;
}

Napi::Object to_js(Napi::Env env, const Evaluation& evaluation) {
  Napi::Object object = to_js(env, static_cast<const BatchResult&>(evaluation));
  const Predictions& predictions = evaluation.predictions;
  object["predicted"] = array_of<Napi::Int32Array, int32_t>(env, predictions.classes);
  object["probabilities"] = array_of<Napi::Float32Array, float>(env, predictions.probabilities);
  object["labelProbabilities"] = array_of<Napi::Float32Array, float>(env, predictions.label_probabilities);
  return object;
}

}  // namespace

Napi::Function TrainerHandle::define(Napi::Env env) {
  return DefineClass(env, "Trainer",
                     {
                         InstanceMethod<&TrainerHandle::step>("step"),
                         InstanceMethod<&TrainerHandle::evaluate>("evaluate"),
                         InstanceMethod<&TrainerHandle::tensors>("tensors"),
                         InstanceMethod<&TrainerHandle::snapshot>("snapshot"),
                         InstanceMethod<&TrainerHandle::snapshot_average>("snapshotAverage"),
                         InstanceMethod<&TrainerHandle::apply_average>("applyAverage"),
                         InstanceMethod<&TrainerHandle::resume>("resume"),
                         InstanceMethod<&TrainerHandle::has_momentum>("hasMomentum"),
                         InstanceMethod<&TrainerHandle::has_average>("hasAverage"),
                         InstanceMethod<&TrainerHandle::is_finite>("isFinite"),
                         InstanceMethod<&TrainerHandle::gradients>("gradients"),
                         InstanceMethod<&TrainerHandle::dispose>("dispose"),
                     });
}

TrainerHandle::TrainerHandle(Info info) : Napi::ObjectWrap<TrainerHandle>(info) {
  guarded(info, [&] {
    const Options options(info);
    session_ = ClassifierHandle::from(options.value("model")).session();
    session_->require_usable();
    auto state = std::make_shared<State>();
    state->num_classes = ClassifierHandle::model_of(*session_)->num_classes;
    state->options = read_options(options, state->num_classes);
    if (state->options.precision == at::kBFloat16) core::require_bfloat16(session_->device);
    state->trained = without(session_->parameters(), state->options.frozen);
    state->reported_bytes = training_bytes(state->trained, state->options);
    state_ = std::move(state);
    session_->add_dependent(state_);
    session_->report_memory(info.Env(), state_->reported_bytes);
    return info.Env().Undefined();
  });
}

void TrainerHandle::require_usable() const {
  if (!state_) throw core::Error("DISPOSED", "This trainer was disposed. Create a new one.");
}

template <class Run>
Napi::Value TrainerHandle::run_batch(Info info, Run run) {
  return guarded(info, [&] {
    require_usable();
    const Options options(info);
    const torch::Tensor images = copy_images(options);
    return session_->run(
        info.Env(),
        [images, labels = copy_labels(options, images.size(0), state_->num_classes),
         normalization = read_normalization(options), state = state_,
         run](Session& self) { return run(self, *state, to_input(images, normalization, self), labels); },
        [](Napi::Env env, const auto& result) { return to_js(env, result); });
  });
}

Napi::Value TrainerHandle::step(Info info) {
  return guarded(info, [&] {
    const LearningRates lr = {Options(info).number("lr"), Options(info).number("headLr")};
    const int64_t parts = Options(info).integer("parts");
    if (parts < 1) throw core::Error("INVALID_ARGUMENT", "Expected at least one part.");
    return run_batch(info, [lr, parts](Session& self, State& state, const torch::Tensor& images,
                                       const torch::Tensor& labels) {
      Trainer& trainer = state.on(self);
      self.gradients_of = &state;
      return trainer.step(images, labels, lr, parts);
    });
  });
}

Napi::Value TrainerHandle::evaluate(Info info) {
  return guarded(info, [&] {
    const bool averaged = Options(info).boolean("averaged");
    return run_batch(info, [averaged](Session& self, State& state, const torch::Tensor& images,
                                      const torch::Tensor& labels) {
      return state.on(self).evaluate(images, labels, averaged);
    });
  });
}

// Momentum buffers have the names, types and shapes of the parameters.
Napi::Value TrainerHandle::tensors(Info info) {
  return guarded(info, [&] {
    require_usable();
    session_->require_usable();
    return to_js(info.Env(), state_->trained);
  });
}

Napi::Value TrainerHandle::snapshot(Info info) {
  return guarded(info, [&] {
    require_usable();
    return copy_out(info.Env(), *session_, Options(info), [state = state_](Session& self) {
      return state->on(self).optimizer().momentum_buffers();
    });
  });
}

namespace {

WeightAverage& average_of(Trainer& trainer) {
  if (trainer.average() == nullptr) throw core::Error("INVALID_ARGUMENT", "This trainer keeps no average.");
  return *trainer.average();
}

}  // namespace

Napi::Value TrainerHandle::snapshot_average(Info info) {
  return guarded(info, [&] {
    require_usable();
    return copy_out(info.Env(), *session_, Options(info),
                    [state = state_](Session& self) { return average_of(state->on(self)).tensors(); });
  });
}

Napi::Value TrainerHandle::apply_average(Info info) {
  return guarded(info, [&] {
    require_usable();
    return session_->run(info.Env(),
                         [state = state_](Session& self) { average_of(state->on(self)).apply(); });
  });
}

// Everything is read and checked before anything is changed.
Napi::Value TrainerHandle::resume(Info info) {
  return guarded(info, [&] {
    require_usable();
    const Options options(info);
    const Options source(options.object("source"));
    const CallerArray random = options.byte_array("generator");
    std::vector<TensorSpan> weights = read_spans(options, "weights");
    std::vector<TensorSpan> momentum = read_spans(options, "momentum");
    std::vector<TensorSpan> average = read_spans(options, "average");
    const bool has_momentum = options.boolean("hasMomentum"), has_average = options.boolean("hasAverage");
    const int fd = static_cast<int>(source.integer("fd"));
    auto file = std::make_shared<FileReader>(fd, source.string("path"));
    const core::Bytes bytes = random.bytes();
    return session_->run(
        info.Env(), [file = std::move(file), weights = std::move(weights), momentum = std::move(momentum),
                     has_momentum, average = std::move(average), has_average,
                     generator = std::vector<uint8_t>(bytes.data, bytes.data + bytes.size),
                     state = state_](Session& self) {
          Trainer& trainer = state->on(self);
          Sgd& optimizer = trainer.optimizer();
          core::check_state(self.random, generator);
          Restore new_weights = read_tensors(state_dict(*self.module), weights, *file);
          const std::vector<NamedTensor> buffers =
              has_momentum ? optimizer.new_momentum_buffers() : std::vector<NamedTensor>();
          if (has_momentum) read_tensors(buffers, momentum, *file).apply();
          const std::vector<NamedTensor> averages =
              has_average ? average_of(trainer).new_tensors() : std::vector<NamedTensor>();
          if (has_average) read_tensors(averages, average, *file).apply();

          core::load_state(self.random, generator);
          new_weights.apply();
          optimizer.set_momentum_buffers(buffers);
          if (trainer.average() != nullptr) trainer.average()->set_tensors(averages);
        });
  });
}

Napi::Value TrainerHandle::gradients(Info info) {
  return guarded(info, [&] {
    require_usable();
    return copy_out(info.Env(), *session_, Options(info),
                    [state = state_](Session& self) { return state->on(self).optimizer().gradients(); });
  });
}

template <class Work>
Napi::Value TrainerHandle::ask(Info info, Work work) {
  return guarded(info, [&] {
    require_usable();
    return session_->run(
        info.Env(), [state = state_, work](Session& self) { return work(state->on(self)); },
        [](Napi::Env env, bool answer) { return Napi::Boolean::New(env, answer); });
  });
}

Napi::Value TrainerHandle::has_momentum(Info info) {
  return ask(info, [](Trainer& trainer) { return trainer.optimizer().has_momentum(); });
}

Napi::Value TrainerHandle::has_average(Info info) {
  return ask(info,
             [](Trainer& trainer) { return trainer.average() != nullptr && trainer.average()->exists(); });
}

Napi::Value TrainerHandle::is_finite(Info info) {
  return ask(info, [](Trainer& trainer) { return trainer.optimizer().is_finite(); });
}

void TrainerHandle::release(Napi::Env env) {
  const auto state = std::move(state_);
  state_.reset();
  // Where the model is disposed, its tensors are freed already, or will be with the model.
  if (!state || session_->disposed()) return;
  session_->report_memory(env, -state->reported_bytes);
  session_->run_detached([state, session = session_.get()] { state->release(*session); });
}

void TrainerHandle::Finalize(Napi::Env env) {
  release(env);
}

Napi::Value TrainerHandle::dispose(Info info) {
  return guarded(info, [&]() -> Napi::Value {
    release(info.Env());
    return info.Env().Undefined();
  });
}

}  // namespace googlenet::binding
