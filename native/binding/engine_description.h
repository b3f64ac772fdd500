#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "binding/napi_setup.h"
#include "infer/engine.h"

namespace googlenet::binding {

// What describe() tells of a plan, made on the engine's thread.
struct PlanDescription {
  struct Step {
    std::string name, kernel;
    size_t phase;
    int64_t multiply_adds, weight_bytes;
  };
  std::vector<Step> steps;
  int64_t arena_bytes;
};

PlanDescription describe(const infer::Engine& engine, kernels::Size image);
Napi::Value description_to_js(Napi::Env env, const PlanDescription& description);

// Microseconds of each step that describe() tells of, in its order: medians over `runs` images on one thread.
std::vector<double> measure_steps(const infer::Engine& engine, kernels::Size image, int runs);

}  // namespace googlenet::binding
