#include <algorithm>

#include "infer/cost_model.h"
#include "infer/operations/operations.h"
#include "infer/operations/units.h"
#include "infer/operations/workspace_layout.h"

namespace googlenet::infer {

namespace {

using kernels::WinogradProduct;

class WinogradConvolution : public Operation {
 public:
  WinogradConvolution(const Layer& layer, const PackedConvolution& convolution, const FeatureMap& input,
                      const FeatureMap& output)
      : kernel_(*convolution.algorithm.winograd),
        layer_(layer),
        channels_{convolution.inputs, layer.outputs},
        convolution_(convolution),
        input_(input),
        output_(output) {
    name = layer.name;
    kernel = kernels::name_of(convolution.kernel->instruction_set) + std::string(" winograd");
    tiles_per_row_ = divide_up(output.size.width, kernel_.tile.width);
    tiles_ = tiles_per_row_ * divide_up(output.size.height, kernel_.tile.height);
    tile_groups_ = divide_up(tiles_, kernel_.max_tiles);
    blocks_ = divide_up(layer.outputs, kernel_.block);
    units = count_units(blocks_, tile_groups_);
    const int64_t pixels = int64_t{output.size.height} * output.size.width;
    multiply_adds = pixels * layer.kernel_size * layer.kernel_size * channels_.inputs * layer.outputs;
    weight_bytes = convolution.weights.size();
    const int64_t tile_bytes =
        int64_t{kernel_.points} * channels_.inputs * static_cast<int64_t>(sizeof(float));
    cost = conv_cost(*convolution.kernel, 1.0 * kernel_.points * tiles_ * channels_.inputs * layer.outputs,
                     weight_bytes);
    by_blocks_ = splits_weights(weight_bytes, tiles_ * tile_bytes);
    max_transformed_ =
        static_cast<int>(std::clamp<int64_t>(kernel_.transformed_bytes / tile_bytes, 1, tiles_));
    sums_offset_ = round_up_to_cache_line(max_transformed_ * tile_bytes);
    workspace_bytes = sums_offset_ + kernel_.sums_bytes;
  }

  void run(const InferenceContext& context, Workspace& workspace, int first, int last) const override {
    for_each_unit_range(first, last, by_blocks_, tile_groups_, blocks_,
                        [&](int group, int last_group, int block, int last_block) {
                          convolve(context, workspace, cut(tiles_, group, tile_groups_),
                                   cut(tiles_, last_group, tile_groups_), block, last_block);
                        });
  }

 private:
  void convolve(const InferenceContext& context, Workspace& workspace, int first_tile, int last_tile,
                int first_block, int last_block) const {
    for (int first = first_tile; first < last_tile; first += max_transformed_) {
      const int last = std::min(first + max_transformed_, last_tile);
      const WinogradProduct product = {.channels = channels_,
                                       .transformed = transformed(context, workspace, first, last),
                                       .sums = floats_at(workspace, sums_offset_),
                                       .tiles_per_row = tiles_per_row_,
                                       .weights = reinterpret_cast<const float*>(convolution_.weights.data()),
                                       .bias = convolution_.bias.data(),
                                       .output = output_.in(context.arena, layer_.channel),
                                       .size = output_.size,
                                       .relu = layer_.relu};
      kernel_.multiply(product, first_block, last_block, first, last);
    }
  }

  // Every thread transforms for itself: transforming again is cheaper than reading from the cache of another
  // core, and needs no agreement. The tiles stay for the blocks of channels that follow.
  const float* transformed(const InferenceContext& context, Workspace& workspace, int first, int last) const {
    float* values = floats_at(workspace, 0);
    if (workspace.holder == this && workspace.first == first && workspace.last == last) return values;
    kernel_.transform_input({channels_, input_.in(context.arena), input_.size, tiles_per_row_, values}, first,
                            last);
    workspace.holder = this;
    workspace.first = first;
    workspace.last = last;
    return values;
  }

  const kernels::WinogradKernel& kernel_;
  Layer layer_;
  kernels::WinogradChannels channels_;
  const PackedConvolution& convolution_;
  FeatureMap input_, output_;
  int tiles_per_row_, tiles_, tile_groups_, blocks_;
  int max_transformed_;  // tiles transformed at once
  int64_t sums_offset_;  // in the workspace, behind the transformed tiles
  bool by_blocks_;
};

}  // namespace

OperationPtr winograd_convolution(const Layer& layer, const PackedConvolution& convolution,
                                  const FeatureMap& input, const FeatureMap& output) {
  return std::make_unique<WinogradConvolution>(layer, convolution, input, output);
}

}  // namespace googlenet::infer
