#include "infer/plan.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "infer/arena.h"
#include "infer/operations.h"

namespace googlenet::infer {

using kernels::Number;
using kernels::Size;
using kernels::size_of;

namespace {

// What kernels may read beyond a row of a window: a chunk.
constexpr int64_t kSlackBytes = 64;

// A plan comes from a file, which may ask for any amount. GoogLeNet takes up to 100 bytes for each pixel of
// the picture.
constexpr int64_t kMostBytesPerPixel = 4096;
constexpr int64_t kAlwaysAllowed = int64_t{16} << 20;

// Items of a phase for each thread: more of them even out what threads have to wait for, fewer of them cost
// less to hand out.
constexpr double kItemsPerThread = 2;
// Nanoseconds below which an item is not worth to be cut.
constexpr double kSmallItem = 2000;

// Zeros around a map that windows of convolutions reach.
std::vector<int> borders_of(const PackedNetwork& packed) {
  std::vector<int> borders(packed.network.values.size(), 0);
  for (size_t i = 0; i < packed.network.layers.size(); ++i) {
    const Layer& layer = packed.network.layers[i];
    const auto& convolution = packed.convolutions[i];
    if (convolution && convolution->is_usual())
      borders[layer.input] = std::max(borders[layer.input], layer.padding);
  }
  return borders;
}

// Pixels beyond the last one that convolutions may read for the sake of whole runs.
std::vector<int> slack_of(const PackedNetwork& packed) {
  std::vector<int> slack(packed.network.values.size(), 0);
  for (size_t i = 0; i < packed.network.layers.size(); ++i) {
    const Layer& layer = packed.network.layers[i];
    const auto& convolution = packed.convolutions[i];
    if (!convolution || !convolution->is_usual()) continue;
    slack[layer.input] =
        std::max(slack[layer.input], convolution->kernel->longest * layer.stride + layer.window);
  }
  return slack;
}

// Builds a plan: first where everything is used, then where it lies.
class Builder {
 public:
  Builder(const PackedNetwork& packed, Size picture)
      : packed_(packed),
        sizes_(map_sizes(packed.network, picture)),
        borders_(borders_of(packed)),
        slack_(slack_of(packed)) {}

  void find_phases() {
    // Phase 0 reads the picture. What a layer needs is there one phase after the last layer that writes it.
    std::vector<int> ready(sizes_.size(), 0);
    ready[0] = 1;
    first_.assign(sizes_.size(), 1 << 30);
    last_.assign(sizes_.size(), 0);
    first_[0] = 0;
    for (size_t i = 0; i < layers().size(); ++i) {
      const Layer& layer = layers()[i];
      const int phase = ready[layer.input];
      phases_.push_back(phase);
      last_[layer.input] = std::max(last_[layer.input], phase);
      first_[layer.output] = std::min(first_[layer.output], phase);
      // What nobody reads is in use while it is written.
      last_[layer.output] = std::max(last_[layer.output], phase);
      ready[layer.output] = std::max(ready[layer.output], phase + 1);
      count_ = std::max(count_, phase + 1);
    }
    for (const int head : packed_.network.heads) last_[head] = count_;
  }

  void place_values() {
    std::vector<int> parts;
    for (size_t v = 0; v < sizes_.size(); ++v) {
      int across = 0;
      // One pitch for all maps of a size: runs of pixels then go on over the ends of rows.
      for (size_t w = 0; w < sizes_.size(); ++w)
        if (sizes_[w].width == sizes_[v].width && sizes_[w].height == sizes_[v].height)
          across = std::max(across, borders_[w]);
      Map map;
      map.size = sizes_[v];
      map.number = packed_.numbers[v];
      map.channels = packed_.stored_channels(static_cast<int>(v));
      map.border = borders_[v];
      map.pitch = map.size.width + across;
      const int64_t pixel = map.channels * size_of(map.number);
      const int64_t before = int64_t{map.border} * (map.pitch + 1);
      map.before = (before * pixel + 63) / 64 * 64;
      map.after = (before + slack_[v]) * pixel + kSlackBytes;
      map.bytes = map.before + int64_t{map.size.height} * map.pitch * pixel + map.after;
      maps_.push_back(map);
      parts.push_back(arena_.add(map.bytes, first_[v], last_[v]));
    }
    arena_bytes = arena_.place();
    if (arena_bytes > kAlwaysAllowed + kMostBytesPerPixel * sizes_[0].height * sizes_[0].width)
      throw core::Error("INVALID_ARGUMENT",
                        "The plan asks for more memory than any network of its kind needs.");
    for (size_t v = 0; v < maps_.size(); ++v) maps_[v].offset = arena_.offset(parts[v]) + maps_[v].before;
  }

  std::vector<Operations> operations() {
    std::vector<Operations> phases(static_cast<size_t>(count_));
    const auto tier = packed_.settings.tier;
    for (size_t v = 0; v < maps_.size(); ++v)
      if (first_[v] < count_) phases[first_[v]].push_back(clear_borders(maps_[v]));
    phases[0].push_back(read_picture(tier, maps_[0]));
    std::vector<bool> is_done(layers().size(), false);
    for (size_t i = 0; i < layers().size(); ++i) {
      if (is_done[i]) continue;
      const Layer& layer = layers()[i];
      const Map& input = maps_[layer.input];
      const Map& output = maps_[layer.output];
      Operations& phase = phases[phases_[i]];
      if (const auto& convolution = packed_.convolutions[i]; !convolution) {
        phase.push_back(
            map_operation(tier, layer, input, output, scale_of(layer.input), scale_of(layer.output)));
      } else if (convolution->winograd) {
        phase.push_back(winograd(layer, *convolution, input, output));
      } else if (convolution->rows) {
        phase.push_back(winograd_rows(layer, *convolution, input, output));
      } else {
        std::vector<Sibling> siblings;
        for (size_t j = i; j < layers().size(); ++j) {
          if (!are_siblings(i, j)) continue;
          is_done[j] = true;
          siblings.push_back({layers()[j], &*packed_.convolutions[j], maps_[layers()[j].output]});
        }
        phase.push_back(convolve(input, std::move(siblings)));
      }
    }
    return phases;
  }

  const Map& map(int value) const { return maps_[value]; }

  int64_t arena_bytes = 0;

 private:
  const std::vector<Layer>& layers() const { return packed_.network.layers; }

  float scale_of(int value) const {
    return maps_[value].number == Number::kByte ? packed_.network.values[value].scale : 1;
  }

  // Whether two layers are convolutions that look at one map in the same way, and so can be one.
  bool are_siblings(size_t i, size_t j) const {
    const Layer& a = layers()[i];
    const Layer& b = layers()[j];
    const auto& of_b = packed_.convolutions[j];
    return of_b && of_b->is_usual() && phases_[i] == phases_[j] && a.input == b.input &&
           a.window == b.window && a.stride == b.stride && a.padding == b.padding;
  }

  const PackedNetwork& packed_;
  std::vector<Size> sizes_;
  std::vector<int> borders_;
  std::vector<int> slack_;
  std::vector<int> phases_;        // of each layer
  std::vector<int> first_, last_;  // phases between which a value is in use
  int count_ = 0;
  ArenaPlanner arena_;
  std::vector<Map> maps_;
};

struct Costly {
  Item item;
  double cost;
};

// What one thread does of a phase, the most expensive first.
std::vector<Costly> part_of(const Operations& operations, int thread, int threads) {
  double whole = 0;
  for (const auto& operation : operations) whole += operation->cost / threads;
  const double wanted = std::max(kSmallItem, whole / kItemsPerThread);
  std::vector<Costly> items;
  for (const auto& operation : operations) {
    const auto unit = [&](int64_t index, int64_t count) {
      return static_cast<int>(operation->units * index / count);
    };
    const int parts = std::max(1, static_cast<int>(std::lround(operation->cost / threads / wanted)));
    for (int part = 0; part < parts; ++part) {
      const int first = unit(thread * parts + part, threads * parts);
      const int last = unit(thread * parts + part + 1, threads * parts);
      if (first == last) continue;
      items.push_back({{operation.get(), first, last}, operation->cost * (last - first) / operation->units});
    }
  }
  std::stable_sort(items.begin(), items.end(),
                   [](const Costly& a, const Costly& b) { return a.cost > b.cost; });
  return items;
}

}  // namespace

Plan::Plan(const PackedNetwork& packed, Size picture, int threads) {
  Builder builder(packed, picture);
  builder.find_phases();
  builder.place_values();
  phases_ = builder.operations();
  arena_bytes_ = builder.arena_bytes;
  for (const Operations& operations : phases_) {
    auto& items = items_.emplace_back();
    PhasePieces& ends = pieces_.emplace_back();
    for (const auto& operation : operations)
      workspace_bytes_ = std::max(workspace_bytes_, operation->workspace_bytes);
    for (int thread = 0; thread < threads; ++thread) {
      for (const Costly& costly : part_of(operations, thread, threads)) items.push_back(costly.item);
      ends.push_back(static_cast<int>(items.size()));
    }
  }
  for (const int head : packed.network.heads) heads_.push_back(builder.map(head).offset);
}

const float* Plan::head(const std::byte* arena, size_t index) const {
  return reinterpret_cast<const float*>(arena + heads_[index]);
}

}  // namespace googlenet::infer
