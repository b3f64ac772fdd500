#pragma once

#include <atomic>
#include <vector>

#include "infer/packed_network.h"
#include "infer/plan.h"

namespace googlenet::infer {

// How long each operation of a plan takes one thread, outside of the executor.
class Profiler {
 public:
  Profiler(const PackedNetwork& packed, kernels::Size image, int threads);

  const Plan& plan() const { return plan_; }

  // Medians over `runs` images, in microseconds, by phase and operation. Ends early once `stopping` is set.
  std::vector<std::vector<double>> measure(int runs, const std::atomic<bool>& stopping) const;

 private:
  const kernels::ConvKernel& kernel_;
  const kernels::Size image_;
  const Plan plan_;
};

}  // namespace googlenet::infer
