#include "infer/profiler.h"

#include <algorithm>
#include <chrono>

namespace googlenet::infer {

namespace {

double median_of(std::vector<double>& values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

}  // namespace

Profiler::Profiler(const PackedNetwork& packed, kernels::Size image, int threads)
    : kernel_(*packed.any_kernel()), image_(image), plan_(packed, image, threads) {}

std::vector<std::vector<double>> Profiler::measure(int runs, const std::atomic<bool>& stopping) const {
  using Clock = std::chrono::steady_clock;
  const std::vector<float> pixels(static_cast<size_t>(3 * image_.height * image_.width), 0.5f);
  const AlignedBytes arena = AlignedBytes::zeros(plan_.arena_bytes());
  Workspace workspace = {AlignedBytes(plan_.workspace_bytes())};
  std::atomic<bool> is_finite{true};
  const InferenceContext context = {arena.data(), pixels.data(), false, {1, 1, 1}, {0, 0, 0}, &is_finite};
  std::vector<std::vector<std::vector<double>>> times;  // by phase, operation, run
  for (const Operations& operations : plan_.phases()) times.emplace_back(operations.size());
  kernel_.begin_thread();
  for (int run = 0; run < runs && !stopping; ++run) {
    workspace.forget();
    for (size_t phase = 0; phase < times.size(); ++phase) {
      for (size_t i = 0; i < times[phase].size(); ++i) {
        const Operation& operation = *plan_.phases()[phase][i];
        const auto begin = Clock::now();
        operation.run(context, workspace, 0, operation.units);
        times[phase][i].push_back(std::chrono::duration<double, std::micro>(Clock::now() - begin).count());
      }
    }
  }
  kernel_.end_thread();
  std::vector<std::vector<double>> medians;
  for (auto& phase : times) {
    auto& of_phase = medians.emplace_back();
    for (std::vector<double>& values : phase) of_phase.push_back(median_of(values));
  }
  return medians;
}

}  // namespace googlenet::infer
