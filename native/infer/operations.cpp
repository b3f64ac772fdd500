#include "infer/operations.h"

#include <algorithm>
#include <cstring>

#include "core/error.h"
#include "kernels/pack.h"
#include "kernels/winograd.h"
#include "kernels/winograd_rows.h"

namespace googlenet::infer {

using kernels::Convolution;
using kernels::Number;
using kernels::Place;
using kernels::Run;
using kernels::Size;
using kernels::size_of;
using kernels::Tier;

namespace {

int divide_up(int a, int b) {
  return (a + b - 1) / b;
}

// Where the first `part` of `parts` about equal parts end.
int cut(int total, int part, int parts) {
  return static_cast<int>(int64_t{total} * part / parts);
}

int count_units(int groups, int64_t runs) {
  constexpr int64_t kMost = 1 << 30;
  if (groups * runs > kMost) throw core::Error("INVALID_SHAPE", "The picture is too large for this network.");
  return static_cast<int>(groups * runs);
}

// Multiply-adds a nanosecond of one core, roughly; they only weigh layers against each other.
double speed_of(const kernels::ConvKernel& kernel) {
  if (kernel.tier == Tier::kAvx2) return 40;
  if (kernel.tier == Tier::kAvx512)
    return kernel.input == Number::kFloat ? 80 : kernel.input == Number::kBfloat16 ? 150 : 300;
  return kernel.input == Number::kBfloat16 ? 800 : 1500;
}

constexpr double kBytesPerNanosecond = 30;

// Weights so many times larger than the input are read by one thread each, and the input by all; otherwise
// threads keep to their own part of the map.
constexpr int64_t kManyWeights = 6;

std::string name_of(const kernels::ConvKernel& kernel) {
  const std::string numbers = kernel.input == Number::kFloat      ? "float32"
                              : kernel.input == Number::kBfloat16 ? "bfloat16"
                                                                  : "int8";
  return kernels::name_of(kernel.tier) + (" " + numbers);
}

// Walks through units [first, last) of a rectangle of `inner` units a row: calls `visit` with a range of rows
// and a range of units in each of them, at most three times.
template <typename Visit>
void visit_rectangles(int first, int last, int inner, const Visit& visit) {
  while (first < last) {
    const int row = first / inner, begin = first % inner;
    const int rows = begin == 0 ? (last - first) / inner : 0;
    if (rows > 0) {
      visit(row, row + rows, 0, inner);
      first += rows * inner;
    } else {
      const int end = std::min(inner, begin + last - first);
      visit(row, row + 1, begin, end);
      first += end - begin;
    }
  }
}

// Units are groups of channels × runs of pixels or tiles. Those that follow one another share the weights of
// a group (`by_groups`) or the pixels of a run.
template <typename Visit>
void visit_units(int first, int last, bool by_groups, int runs, int groups, const Visit& visit) {
  if (by_groups) {
    visit_rectangles(first, last, runs, [&](int group, int last_group, int run, int last_run) {
      visit(run, last_run, group, last_group);
    });
  } else {
    visit_rectangles(first, last, groups, visit);
  }
}

class ClearBorders : public Operation {
 public:
  explicit ClearBorders(const Map& map) : map_(map) {
    kernel = "memset";
    units = map.size.height;
    cost = static_cast<double>(map.before + map.after +
                               (map.pitch - map.size.width) * map.size.height * map.pixel_bytes()) /
           kBytesPerNanosecond;
  }
  // Units are rows; the first one has what is in front of the map, the last what is behind it.
  void run(const Frame& frame, Workspace&, int first, int last) const override {
    std::byte* map = frame.arena + map_.offset;
    const int64_t row = map_.row_bytes();
    const auto beside = static_cast<size_t>((map_.pitch - map_.size.width) * map_.pixel_bytes());
    if (first == 0) std::memset(map - map_.before, 0, static_cast<size_t>(map_.before));
    for (int y = first; beside > 0 && y < last; ++y) std::memset(map + (y + 1) * row - beside, 0, beside);
    if (last == map_.size.height)
      std::memset(map + map_.size.height * row, 0, static_cast<size_t>(map_.after));
  }

 private:
  Map map_;
};

class ReadPicture : public Operation {
 public:
  ReadPicture(Tier tier, const Map& map) : kernels_(kernels::map_kernels(tier)), map_(map) {
    name = "picture";
    kernel = "read";
    units = map.size.height;
    cost = 12.0 * map.size.height * map.size.width / kBytesPerNanosecond;
  }
  void run(const Frame& frame, Workspace&, int first, int last) const override {
    kernels::Picture picture = {map_.size, {}, {}, map_.place(frame.arena), map_.channels};
    std::copy_n(frame.scale, 3, picture.scale);
    std::copy_n(frame.shift, 3, picture.shift);
    if (frame.is_bytes) {
      kernels_.read_bytes(map_.number, picture, static_cast<const uint8_t*>(frame.pixels), first, last);
    } else if (!kernels_.read_floats(map_.number, picture, static_cast<const float*>(frame.pixels), first,
                                     last)) {
      frame.is_finite->store(false, std::memory_order_relaxed);
    }
  }

 private:
  const kernels::MapKernels& kernels_;
  Map map_;
};

// Runs of pixels that cover a map. Where rows of input and output have one pitch they go on over the ends of
// rows, if the kernel can leave pixels out.
std::vector<Run> runs_of(const kernels::ConvKernel& kernel, const Map& input, const Map& output, int stride) {
  std::vector<Run> runs;
  const int width = output.size.width, height = output.size.height;
  if (kernel.masks && stride == 1 && input.pitch == output.pitch) {
    const int pixels = (height - 1) * output.pitch + width;
    for (int first = 0; first < pixels; first += kernel.longest) {
      Run run = {first, first, std::min(kernel.longest, pixels - first), 0};
      for (int i = 0; i < run.count; ++i)
        if ((first + i) % output.pitch < width) run.wanted |= 1u << i;
      runs.push_back(run);
    }
    return runs;
  }
  // Of about one length: a short one at the end would use few registers.
  const int parts = divide_up(width, kernel.longest);
  for (int y = 0; y < height; ++y) {
    for (int part = 0; part < parts; ++part) {
      const int first = kernel.masks ? part * kernel.longest : cut(width, part, parts);
      const int last = kernel.masks ? std::min(width, first + kernel.longest) : cut(width, part + 1, parts);
      const int count = last - first;
      const uint32_t all = count == 32 ? ~0u : (1u << count) - 1;
      runs.push_back({y * input.pitch + first, y * output.pitch + first, count, all});
    }
  }
  return runs;
}

class Convolve : public Operation {
 public:
  Convolve(const Map& input, std::vector<Sibling> siblings)
      : kernel_(*siblings[0].convolution->kernel),
        input_(input),
        siblings_(std::move(siblings)),
        runs_(runs_of(kernel_, input, siblings_[0].output, siblings_[0].layer.stride)) {
    const Layer& layer = siblings_[0].layer;
    for (int row = 0; row < layer.window; ++row)
      rows_.push_back((row - layer.padding) * input.row_bytes() - layer.padding * input.pixel_bytes());
    for (const Sibling& sibling : siblings_) {
      first_groups_.push_back(groups_);
      groups_ += kernels::groups(kernel_, sibling.layer.outputs);
      const int64_t pixels = int64_t{sibling.output.size.height} * sibling.output.size.width;
      const int64_t window = int64_t{layer.window} * layer.window * sibling.convolution->inputs;
      multiply_adds += pixels * window * sibling.layer.outputs;
      bytes += sibling.convolution->weights.size();
      name += (name.empty() ? "" : " + ") + sibling.layer.name;
    }
    kernel = name_of(kernel_);
    cost = std::max(static_cast<double>(multiply_adds) / speed_of(kernel_),
                    static_cast<double>(bytes) / kBytesPerNanosecond);
    by_groups_ = bytes > kManyWeights * input.bytes;
    units = count_units(groups_, static_cast<int64_t>(runs_.size()));
  }

  void run(const Frame& frame, Workspace&, int first, int last) const override {
    visit_units(first, last, by_groups_, static_cast<int>(runs_.size()), groups_,
                [&](int run, int last_run, int group, int last_group) {
                  convolve(frame, run, last_run, group, last_group);
                });
  }

 private:
  void convolve(const Frame& frame, int first_run, int last_run, int first_group, int last_group) const {
    for (size_t i = 0; i < siblings_.size(); ++i) {
      const auto& [layer, convolution, output] = siblings_[i];
      const int first = std::max(first_group - first_groups_[i], 0);
      const int last = std::min(last_group - first_groups_[i], kernels::groups(kernel_, layer.outputs));
      if (first >= last) continue;
      const Place in = input_.place(frame.arena), out = output.place(frame.arena, layer.channel);
      const Convolution conv = {.input = in.first,
                                .input_stride = layer.stride * in.pixel,
                                .rows = rows_.data(),
                                .row_count = layer.window,
                                .row_chunks = kernels::row_chunks(kernel_, layer.window, input_.channels),
                                .weights = convolution->weights.data(),
                                .scale = convolution->scale.empty() ? nullptr : convolution->scale.data(),
                                .bias = convolution->bias.data(),
                                .output = out.first,
                                .output_stride = out.pixel,
                                .outputs = layer.outputs,
                                .relu = layer.relu,
                                .ahead = next_of(i),
                                .ahead_bytes = next_of(i) == nullptr ? 0 : group_bytes()};
      kernel_.to[static_cast<int>(output.number)](conv, runs_.data() + first_run, last_run - first_run, first,
                                                  last);
    }
  }

  // The first weights of the sibling that comes next, or null.
  const std::byte* next_of(size_t sibling) const {
    return sibling + 1 < siblings_.size() ? siblings_[sibling + 1].convolution->weights.data() : nullptr;
  }
  int64_t group_bytes() const {
    const int64_t chunks = kernels::row_chunks(kernel_, siblings_[0].layer.window, input_.channels);
    return siblings_[0].layer.window * chunks * kernel_.step * kernel_.group * size_of(kernel_.input);
  }

  const kernels::ConvKernel& kernel_;
  Map input_;
  std::vector<Sibling> siblings_;
  std::vector<Run> runs_;
  std::vector<int64_t> rows_;
  std::vector<int> first_groups_;  // of each sibling, among those of all
  int groups_ = 0;
  bool by_groups_;
};

// Parts of a thread's memory begin with a cache line.
int64_t whole_lines(int64_t bytes) {
  return (bytes + 63) / 64 * 64;
}

float* floats_at(const Workspace& own, int64_t offset) {
  return reinterpret_cast<float*>(own.memory.data() + offset);
}

class Winograd : public Operation {
 public:
  Winograd(const Layer& layer, const PackedConvolution& convolution, const Map& input, const Map& output)
      : kernel_(*convolution.winograd),
        layer_(layer),
        shape_{convolution.inputs, layer.outputs},
        convolution_(convolution),
        input_(input),
        output_(output) {
    name = layer.name;
    kernel = kernels::name_of(convolution.kernel->tier) + std::string(" winograd");
    across_ = divide_up(output.size.width, kernel_.tile.width);
    tiles_ = across_ * divide_up(output.size.height, kernel_.tile.height);
    runs_ = divide_up(tiles_, kernel_.longest);
    groups_ = divide_up(layer.outputs, kernel_.group);
    units = count_units(groups_, runs_);
    const int64_t pixels = int64_t{output.size.height} * output.size.width;
    multiply_adds = pixels * layer.window * layer.window * shape_.inputs * layer.outputs;
    bytes = convolution.weights.size();
    const int64_t tile_bytes = int64_t{kernel_.points} * shape_.inputs * size_of(Number::kFloat);
    cost = std::max(
        1.0 * kernel_.points * tiles_ * shape_.inputs * layer.outputs / speed_of(*convolution.kernel),
        static_cast<double>(bytes) / kBytesPerNanosecond);
    by_groups_ = bytes > kManyWeights * tiles_ * tile_bytes;
    most_ = static_cast<int>(std::clamp<int64_t>(kernel_.transformed_bytes / tile_bytes, 1, tiles_));
    sums_ = whole_lines(most_ * tile_bytes);
    workspace_bytes = sums_ + kernel_.sums_bytes;
  }

  void run(const Frame& frame, Workspace& own, int first, int last) const override {
    visit_units(first, last, by_groups_, runs_, groups_,
                [&](int run, int last_run, int group, int last_group) {
                  convolve(frame, own, run, last_run, group, last_group);
                });
  }

 private:
  void convolve(const Frame& frame, Workspace& own, int first_run, int last_run, int first_group,
                int last_group) const {
    const int end = cut(tiles_, last_run, runs_);
    for (int first = cut(tiles_, first_run, runs_); first < end; first += most_) {
      const int last = std::min(first + most_, end);
      const kernels::WinogradProduct product = {shape_,
                                                transformed(frame, own, first, last),
                                                floats_at(own, sums_),
                                                across_,
                                                reinterpret_cast<const float*>(convolution_.weights.data()),
                                                convolution_.bias.data(),
                                                output_.place(frame.arena, layer_.channel),
                                                output_.size,
                                                layer_.relu};
      kernel_.multiply(product, first_group, last_group, first, last);
    }
  }

  // Every thread transforms for itself: once more is cheaper than from the cache of another core, and needs
  // no agreement. It stays for the groups of channels that follow.
  const float* transformed(const Frame& frame, Workspace& own, int first, int last) const {
    float* numbers = floats_at(own, 0);
    if (own.holds_of == this && own.first == first && own.last == last) return numbers;
    kernel_.transform_input({shape_, input_.place(frame.arena), input_.size, across_, numbers}, first, last);
    own.holds_of = this;
    own.first = first;
    own.last = last;
    return numbers;
  }

  const kernels::WinogradKernel& kernel_;
  Layer layer_;
  kernels::WinogradShape shape_;
  const PackedConvolution& convolution_;
  Map input_, output_;
  int across_, tiles_, runs_, groups_;
  int most_;      // tiles transformed at once
  int64_t sums_;  // where a thread's sums lie behind them
  bool by_groups_;
};

// Units are rows of the output.
class WinogradRows : public Operation {
 public:
  WinogradRows(const Layer& layer, const PackedConvolution& convolution, const Map& input, const Map& output)
      : kernel_(*convolution.rows),
        layer_(layer),
        convolution_(convolution),
        input_(input),
        output_(output),
        tiles_(divide_up(output.size.width, kernels::kRowsTile)) {
    name = layer.name;
    kernel = kernels::name_of(convolution.kernel->tier) + std::string(" winograd");
    units = output.size.height;
    const int64_t window = int64_t{layer.window} * layer.window * convolution.inputs;
    multiply_adds = int64_t{output.size.height} * output.size.width * window * layer.outputs;
    bytes = convolution.weights.size();
    cost = static_cast<double>(multiply_adds) / 2 / speed_of(*convolution.kernel);
    const int64_t row = kernels::kRowsPoints * row_floats() * size_of(Number::kFloat);
    most_ = static_cast<int>(
        std::clamp<int64_t>(kernel_.transformed_bytes / row / kernels::kRowsStride, 1, output.size.height));
    line_ = whole_lines(rows_for(most_) * row);
    sums_ = line_ + whole_lines(kernels::line_floats(tiles_, convolution.inputs) * size_of(Number::kFloat));
    workspace_bytes = sums_ + kernel_.sums_bytes;
  }

  void run(const Frame& frame, Workspace& own, int first, int last) const override {
    own.forget();
    float* transformed = floats_at(own, 0);
    const Place in = input_.place(frame.arena);
    for (; first < last; first += most_) {
      const int end = std::min(first + most_, last), rows = rows_for(end - first);
      const int first_row = kernels::kRowsStride * first - kernels::kRowsPadding;
      kernel_.transform_input(
          {convolution_.inputs, in, input_.size, tiles_, transformed, floats_at(own, line_)}, first_row,
          first_row + rows);
      kernel_.multiply(
          {convolution_.inputs, layer_.outputs, transformed, first_row, rows, floats_at(own, sums_), tiles_,
           reinterpret_cast<const float*>(convolution_.weights.data()), convolution_.bias.data(),
           output_.place(frame.arena, layer_.channel), output_.size.width, layer_.relu},
          first, end);
    }
  }

 private:
  int64_t row_floats() const { return kernels::row_floats(tiles_, convolution_.inputs); }
  // Of the input, for so many rows of the output.
  static int rows_for(int rows) { return kernels::kRowsStride * (rows - 1) + kernels::kRowsWindow; }

  const kernels::RowsKernel& kernel_;
  Layer layer_;
  const PackedConvolution& convolution_;
  Map input_, output_;
  int tiles_;            // of a row
  int most_;             // rows of the output whose input is transformed at once
  int64_t line_, sums_;  // where in a thread's memory they lie, behind the transformed rows
};

class MapOperation : public Operation {
 public:
  MapOperation(Tier tier, const Layer& layer, const Map& input, const Map& output, float input_scale,
               float output_scale)
      : kernels_(kernels::map_kernels(tier)),
        layer_(layer),
        input_(input),
        output_(output),
        input_scale_(input_scale),
        output_scale_(output_scale) {
    name = layer.name;
    kernel = layer.kind == Layer::Kind::kMaxPool   ? "max"
             : layer.kind == Layer::Kind::kAverage ? "mean"
                                                   : "normalize";
    units = output.size.height;
    const int64_t window = std::max(layer.window, 2);
    cost =
        static_cast<double>(output.size.height * output.size.width * output.pixel_bytes() * window * window) /
        60;
  }
  void run(const Frame& frame, Workspace&, int first, int last) const override {
    const Place in = input_.place(frame.arena), out = output_.place(frame.arena, layer_.channel);
    switch (layer_.kind) {
      case Layer::Kind::kMaxPool:
        return kernels_.max_pool(input_.number,
                                 {in, input_.size, out, output_.size.width, layer_.outputs, layer_.window,
                                  layer_.stride, layer_.padding},
                                 first, last);
      case Layer::Kind::kAverage:
        return kernels_.average(input_.number, output_.number,
                                {in, input_.size, out, output_.size, layer_.outputs, layer_.window,
                                 layer_.stride, input_scale_ / output_scale_},
                                first, last);
      default:
        return kernels_.normalize(input_.number,
                                  {in, out, output_.size.width, layer_.outputs, layer_.alpha, layer_.k,
                                   input_scale_, output_scale_},
                                  first, last);
    }
  }

 private:
  const kernels::MapKernels& kernels_;
  Layer layer_;
  Map input_, output_;
  float input_scale_, output_scale_;
};

}  // namespace

OperationPtr clear_borders(const Map& map) {
  return std::make_unique<ClearBorders>(map);
}

OperationPtr read_picture(Tier tier, const Map& map) {
  return std::make_unique<ReadPicture>(tier, map);
}

OperationPtr convolve(const Map& input, std::vector<Sibling> siblings) {
  return std::make_unique<Convolve>(input, std::move(siblings));
}

OperationPtr winograd(const Layer& layer, const PackedConvolution& convolution, const Map& input,
                      const Map& output) {
  return std::make_unique<Winograd>(layer, convolution, input, output);
}

OperationPtr winograd_rows(const Layer& layer, const PackedConvolution& convolution, const Map& input,
                           const Map& output) {
  return std::make_unique<WinogradRows>(layer, convolution, input, output);
}

OperationPtr map_operation(Tier tier, const Layer& layer, const Map& input, const Map& output,
                           float input_scale, float output_scale) {
  return std::make_unique<MapOperation>(tier, layer, input, output, input_scale, output_scale);
}

}  // namespace googlenet::infer
