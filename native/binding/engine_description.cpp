#include "binding/engine_description.h"

#include "infer/profiler.h"

namespace googlenet::binding {

PlanDescription describe(const infer::Engine& engine, kernels::Size image) {
  const infer::Plan plan(engine.packed(), image, engine.options().threads);
  PlanDescription description = {{}, plan.arena_bytes()};
  for (size_t phase = 0; phase < plan.phases().size(); ++phase) {
    for (const auto& operation : plan.phases()[phase]) {
      if (operation->name.empty()) continue;
      description.steps.push_back(
          {operation->name, operation->kernel, phase, operation->multiply_adds, operation->weight_bytes});
    }
  }
  return description;
}

Napi::Value description_to_js(Napi::Env env, const PlanDescription& description) {
  Napi::Array steps = Napi::Array::New(env, description.steps.size());
  for (uint32_t i = 0; i < description.steps.size(); ++i) {
    const PlanDescription::Step& one = description.steps[i];
    Napi::Object step = Napi::Object::New(env);
    step["name"] = one.name;
    step["kernel"] = one.kernel;
    step["phase"] = static_cast<double>(one.phase);
    step["multiplyAdds"] = static_cast<double>(one.multiply_adds);
    step["weightBytes"] = static_cast<double>(one.weight_bytes);
    steps[i] = step;
  }
  Napi::Object result = Napi::Object::New(env);
  result["steps"] = steps;
  result["arenaBytes"] = static_cast<double>(description.arena_bytes);
  return result;
}

std::vector<double> measure_steps(const infer::Engine& engine, kernels::Size image, int runs) {
  const infer::Profiler profiler(engine.packed(), image, engine.options().threads);
  const auto medians = profiler.measure(runs, engine.stopping());
  std::vector<double> times;
  for (size_t phase = 0; phase < medians.size(); ++phase) {
    for (size_t i = 0; i < medians[phase].size(); ++i)
      if (!profiler.plan().phases()[phase][i]->name.empty()) times.push_back(medians[phase][i]);
  }
  return times;
}

}  // namespace googlenet::binding
