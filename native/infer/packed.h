#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "infer/network.h"
#include "kernels/conv.h"
#include "kernels/winograd.h"
#include "kernels/winograd_rows.h"

namespace googlenet::infer {

struct Settings {
  kernels::Tier tier;
  bool winograd;
};

// Memory for kernels, at the start of a cache line.
class AlignedBytes {
 public:
  explicit AlignedBytes(int64_t size);
  std::byte* data() const { return data_.get(); }
  int64_t size() const { return size_; }

 private:
  struct Free {
    size_t mapped;  // 0 for memory of malloc
    void operator()(std::byte* bytes) const;
  };
  std::unique_ptr<std::byte, Free> data_;
  int64_t size_;
};

// A convolution with its weights in the order of a kernel.
struct PackedConvolution {
  const kernels::ConvKernel* kernel;
  AlignedBytes weights;
  std::vector<float> scale;  // empty for 1
  std::vector<float> bias;
  int inputs;
  // Null for another way.
  const kernels::WinogradKernel* winograd;
  const kernels::RowsKernel* rows;

  bool is_usual() const { return winograd == nullptr && rows == nullptr; }
};

// Whether this machine has what a tier needs for networks of a precision.
bool can_compute(kernels::Tier tier, Precision precision);

// What the plans of all sizes of pictures share.
struct PackedNetwork {
  PackedNetwork(const Network& network, const Settings& settings, int threads = 1);

  int64_t bytes() const;  // of all weights

  // Numbers of a pixel in memory. For tiles a picture has four, the last of them zero: pixels then do not
  // cross the ends of cache lines.
  int stored_channels(int value) const;

  // All are of one tier, and so have the same begin() and end().
  const kernels::ConvKernel* any_kernel() const;

  Network network;  // without weights
  Settings settings;
  std::vector<kernels::Number> numbers;                        // of each value
  std::vector<std::optional<PackedConvolution>> convolutions;  // of each layer

 private:
  void pack_weights(int threads);
};

}  // namespace googlenet::infer
