#include "infer/tensor_layout.h"

#include <algorithm>

#include "core/error.h"
#include "infer/arena_planner.h"

namespace googlenet::infer {

namespace {

using kernels::Size;

// Kernels read whole chunks, which end beyond a row of the kernel.
constexpr int64_t kSlackBytes = 64;

// A plan comes from a file, which may ask for any amount of memory. GoogLeNet takes up to 100 bytes for each
// pixel of the image.
constexpr int64_t kMaxBytesPerPixel = 4096;
constexpr int64_t kAlwaysAllowedBytes = int64_t{16} << 20;

bool is_direct(const PackedNetwork& packed, size_t layer) {
  const auto& convolution = packed.convolutions[layer];
  return convolution && convolution->algorithm.is_direct();
}

// Zeros around each tensor that windows of direct convolutions reach.
std::vector<int> find_borders(const PackedNetwork& packed) {
  std::vector<int> borders(packed.network.tensors.size(), 0);
  for (size_t i = 0; i < packed.network.layers.size(); ++i) {
    const Layer& layer = packed.network.layers[i];
    if (is_direct(packed, i)) borders[layer.input] = std::max(borders[layer.input], layer.padding);
  }
  return borders;
}

// Pixels behind the last one that direct convolutions read for the sake of whole row tiles.
std::vector<int> find_slack(const PackedNetwork& packed) {
  std::vector<int> slack(packed.network.tensors.size(), 0);
  for (size_t i = 0; i < packed.network.layers.size(); ++i) {
    const Layer& layer = packed.network.layers[i];
    if (!is_direct(packed, i)) continue;
    const int pixels = packed.convolutions[i]->kernel->max_pixels * layer.stride + layer.kernel_size;
    slack[layer.input] = std::max(slack[layer.input], pixels);
  }
  return slack;
}

}  // namespace

TensorLayout::TensorLayout(const PackedNetwork& packed, Size image) {
  const std::vector<Size> sizes = tensor_sizes(packed.network, image);
  find_phases(packed.network);
  describe_maps(packed, sizes);
  place_maps();
  if (arena_bytes > kAlwaysAllowedBytes + kMaxBytesPerPixel * image.height * image.width)
    throw core::Error("INVALID_ARGUMENT",
                      "The plan asks for more memory than any network of its kind needs.");
}

// Phase 0 reads the image. A layer can run one phase after the last layer that writes its input.
void TensorLayout::find_phases(const Network& network) {
  const size_t tensors = network.tensors.size();
  std::vector<int> ready(tensors, 0);
  ready[0] = 1;
  first_use.assign(tensors, 1 << 30);
  last_use.assign(tensors, 0);
  first_use[0] = 0;
  for (const Layer& layer : network.layers) {
    const int phase = ready[layer.input];
    phases.push_back(phase);
    last_use[layer.input] = std::max(last_use[layer.input], phase);
    first_use[layer.output] = std::min(first_use[layer.output], phase);
    // A tensor that nobody reads is in use while it is written.
    last_use[layer.output] = std::max(last_use[layer.output], phase);
    ready[layer.output] = std::max(ready[layer.output], phase + 1);
    phase_count = std::max(phase_count, phase + 1);
  }
  for (const int head : network.heads) last_use[head] = phase_count;
}

void TensorLayout::describe_maps(const PackedNetwork& packed, const std::vector<Size>& sizes) {
  const std::vector<int> borders = find_borders(packed), slack = find_slack(packed);
  for (size_t t = 0; t < sizes.size(); ++t) {
    int side = 0;
    // Feature maps with one size have one pitch: row tiles then go on over the ends of rows.
    for (size_t other = 0; other < sizes.size(); ++other)
      if (sizes[other] == sizes[t]) side = std::max(side, borders[other]);
    FeatureMap map = {};
    map.size = sizes[t];
    map.dtype = packed.dtypes[t];
    map.channels = packed.stored_channels(static_cast<int>(t));
    map.border = borders[t];
    map.pitch = map.size.width + side;
    const int64_t before = int64_t{map.border} * (map.pitch + 1);  // in pixels
    map.before = (before * map.pixel_bytes() + 63) / 64 * 64;
    map.after = (before + slack[t]) * map.pixel_bytes() + kSlackBytes;
    map.bytes = map.before + map.size.height * map.row_bytes() + map.after;
    maps.push_back(map);
  }
}

void TensorLayout::place_maps() {
  ArenaPlanner arena;
  for (size_t t = 0; t < maps.size(); ++t) arena.add(maps[t].bytes, first_use[t], last_use[t]);
  arena_bytes = arena.plan();
  for (size_t t = 0; t < maps.size(); ++t)
    maps[t].offset = arena.offset(static_cast<int>(t)) + maps[t].before;
}

}  // namespace googlenet::infer
