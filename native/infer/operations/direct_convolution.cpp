#include <algorithm>

#include "infer/cost_model.h"
#include "infer/operations/operations.h"
#include "infer/operations/units.h"
#include "kernels/conv_weights.h"

namespace googlenet::infer {

namespace {

using kernels::ConvKernel;
using kernels::Convolution;
using kernels::DType;
using kernels::RowTile;
using kernels::StridedPointer;

std::string describe(const ConvKernel& kernel) {
  const char* dtype = kernel.input == DType::kFloat32    ? " float32"
                      : kernel.input == DType::kBfloat16 ? " bfloat16"
                                                         : " int8";
  return std::string(kernels::name_of(kernel.instruction_set)) + dtype;
}

// Tiles that go on over the ends of rows and mask the border between them.
std::vector<RowTile> masked_tiles(const ConvKernel& kernel, const FeatureMap& output) {
  std::vector<RowTile> tiles;
  const int width = output.size.width;
  const int pixels = (output.size.height - 1) * output.pitch + width;
  for (int first = 0; first < pixels; first += kernel.max_pixels) {
    RowTile tile = {first, first, std::min(kernel.max_pixels, pixels - first), 0};
    for (int i = 0; i < tile.count; ++i)
      if ((first + i) % output.pitch < width) tile.mask |= 1u << i;
    tiles.push_back(tile);
  }
  return tiles;
}

// Tiles within rows. Those of kernels without masks are of about equal size: a short one at the end would use
// few registers.
std::vector<RowTile> tiles_of_rows(const ConvKernel& kernel, const FeatureMap& input,
                                   const FeatureMap& output) {
  std::vector<RowTile> tiles;
  const int width = output.size.width;
  const int parts = divide_up(width, kernel.max_pixels);
  for (int y = 0; y < output.size.height; ++y) {
    for (int part = 0; part < parts; ++part) {
      const int first = kernel.takes_masks ? part * kernel.max_pixels : cut(width, part, parts);
      const int last =
          kernel.takes_masks ? std::min(width, first + kernel.max_pixels) : cut(width, part + 1, parts);
      tiles.push_back({y * input.pitch + first, y * output.pitch + first, last - first,
                       kernels::first_bits(last - first)});
    }
  }
  return tiles;
}

std::vector<RowTile> row_tiles(const ConvKernel& kernel, const FeatureMap& input, const FeatureMap& output,
                               int stride) {
  const bool crosses_rows = kernel.takes_masks && stride == 1 && input.pitch == output.pitch;
  return crosses_rows ? masked_tiles(kernel, output) : tiles_of_rows(kernel, input, output);
}

class DirectConvolution : public Operation {
 public:
  DirectConvolution(const FeatureMap& input, std::vector<Sibling> siblings)
      : kernel_(*siblings[0].convolution->kernel),
        input_(input),
        siblings_(std::move(siblings)),
        tiles_(row_tiles(kernel_, input, siblings_[0].output, siblings_[0].layer.stride)) {
    const Layer& layer = siblings_[0].layer;
    for (int row = 0; row < layer.kernel_size; ++row)
      kernel_rows_.push_back((row - layer.padding) * input.row_bytes() - layer.padding * input.pixel_bytes());
    for (const Sibling& sibling : siblings_) {
      first_blocks_.push_back(blocks_);
      blocks_ += kernels::block_count(kernel_, sibling.layer.outputs);
      const int64_t pixels = int64_t{sibling.output.size.height} * sibling.output.size.width;
      const int64_t window = int64_t{layer.kernel_size} * layer.kernel_size * sibling.convolution->inputs;
      multiply_adds += pixels * window * sibling.layer.outputs;
      weight_bytes += sibling.convolution->weights.size();
      name += (name.empty() ? "" : " + ") + sibling.layer.name;
    }
    kernel = describe(kernel_);
    cost = conv_cost(kernel_, static_cast<double>(multiply_adds), weight_bytes);
    by_blocks_ = splits_weights(weight_bytes, input.bytes);
    units = count_units(blocks_, static_cast<int64_t>(tiles_.size()));
  }

  void run(const InferenceContext& context, Workspace&, int first, int last) const override {
    for_each_unit_range(first, last, by_blocks_, static_cast<int>(tiles_.size()), blocks_,
                        [&](int tile, int last_tile, int block, int last_block) {
                          convolve(context, tile, last_tile, block, last_block);
                        });
  }

 private:
  void convolve(const InferenceContext& context, int first_tile, int last_tile, int first_block,
                int last_block) const {
    for (size_t i = 0; i < siblings_.size(); ++i) {
      const auto& [layer, convolution, output] = siblings_[i];
      const int first = std::max(first_block - first_blocks_[i], 0);
      const int last = std::min(last_block - first_blocks_[i], kernels::block_count(kernel_, layer.outputs));
      if (first >= last) continue;
      const StridedPointer in = input_.in(context.arena), out = output.in(context.arena, layer.channel);
      const Convolution conv = {
          .input = in.data,
          .input_stride = layer.stride * in.pixel_stride,
          .kernel_rows = kernel_rows_.data(),
          .kernel_row_count = layer.kernel_size,
          .row_chunks = kernels::row_chunks(kernel_, layer.kernel_size, input_.channels),
          .weights = convolution->weights.data(),
          .scale = convolution->scale.empty() ? nullptr : convolution->scale.data(),
          .bias = convolution->bias.data(),
          .output = out.data,
          .output_stride = out.pixel_stride,
          .output_channels = layer.outputs,
          .relu = layer.relu,
          .prefetch = weights_after(i),
          .prefetch_bytes = weights_after(i) == nullptr ? 0 : block_bytes()};
      kernel_.to[static_cast<int>(output.dtype)](conv, tiles_.data() + first_tile, last_tile - first_tile,
                                                 first, last);
    }
  }

  // The first weights of the next sibling, or null.
  const std::byte* weights_after(size_t sibling) const {
    return sibling + 1 < siblings_.size() ? siblings_[sibling + 1].convolution->weights.data() : nullptr;
  }
  int64_t block_bytes() const {
    const int kernel_size = siblings_[0].layer.kernel_size;
    const int64_t chunks = kernels::row_chunks(kernel_, kernel_size, input_.channels);
    return kernel_size * chunks * kernel_.chunk * kernel_.block * kernels::size_of(kernel_.input);
  }

  const ConvKernel& kernel_;
  FeatureMap input_;
  std::vector<Sibling> siblings_;
  std::vector<RowTile> tiles_;
  std::vector<int64_t> kernel_rows_;
  std::vector<int> first_blocks_;  // of each sibling, among those of all
  int blocks_ = 0;
  bool by_blocks_;
};

}  // namespace

OperationPtr direct_convolution(const FeatureMap& input, std::vector<Sibling> siblings) {
  return std::make_unique<DirectConvolution>(input, std::move(siblings));
}

}  // namespace googlenet::infer
