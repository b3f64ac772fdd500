#pragma once

#include <optional>
#include <vector>

#include "infer/aligned_bytes.h"
#include "infer/conv_algorithm.h"
#include "infer/network.h"
#include "infer/thread_pool.h"
#include "kernels/convolution.h"

namespace googlenet::infer {

// A convolution with its weights in the order in which its kernel reads them.
struct PackedConvolution {
  const kernels::ConvKernel* kernel;  // direct, or the one that multiplies the points of Winograd convolution
  AlignedBytes weights;
  std::vector<float> scale;  // of each output; empty for 1
  std::vector<float> bias;
  int inputs;
  ConvAlgorithm algorithm;
};

// Whether this machine has what an instruction set needs for networks of a precision.
bool can_compute(kernels::InstructionSet set, Precision precision);

// What the plans of all image sizes share.
struct PackedNetwork {
  // Throws UNSUPPORTED where a layer has no kernel.
  PackedNetwork(const Network& network, const Settings& settings, ThreadPool& threads);

  int64_t bytes() const;  // of all weights

  // Elements of a pixel in memory. For AMX an image has four, the last of them zero: pixels then do not cross
  // the ends of cache lines.
  int stored_channels(int tensor) const;

  // All kernels are of one instruction set, and so have the same begin_thread() and end_thread().
  const kernels::ConvKernel* any_kernel() const;

  Network network;  // without weights
  Settings settings;
  std::vector<kernels::DType> dtypes;                          // of each tensor
  std::vector<std::optional<PackedConvolution>> convolutions;  // of each layer

 private:
  PackedConvolution describe(const Layer& layer, const ConvAlgorithm& algorithm) const;
  float scale_of(int tensor) const;
  void pack(size_t layer);
  void pack_all(ThreadPool& threads);
};

}  // namespace googlenet::infer
