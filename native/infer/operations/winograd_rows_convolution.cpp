#include <algorithm>

#include "infer/cost_model.h"
#include "infer/operations/operations.h"
#include "infer/operations/units.h"
#include "infer/operations/workspace_layout.h"

namespace googlenet::infer {

namespace {

using kernels::kRowsKernelSize;
using kernels::kRowsPadding;
using kernels::kRowsPoints;
using kernels::kRowsStride;
using kernels::kRowsTile;

constexpr int64_t kFloatBytes = sizeof(float);

// Rows of the input that so many rows of the output need.
constexpr int input_rows(int rows) {
  return kRowsStride * (rows - 1) + kRowsKernelSize;
}

// Units are rows of the output.
class WinogradRowsConvolution : public Operation {
 public:
  WinogradRowsConvolution(const Layer& layer, const PackedConvolution& convolution, const FeatureMap& input,
                          const FeatureMap& output)
      : kernel_(*convolution.algorithm.winograd_rows),
        layer_(layer),
        convolution_(convolution),
        input_(input),
        output_(output),
        tiles_per_row_(divide_up(output.size.width, kRowsTile)) {
    name = layer.name;
    kernel = kernels::name_of(convolution.kernel->instruction_set) + std::string(" winograd");
    units = output.size.height;
    const int64_t window = int64_t{layer.kernel_size} * layer.kernel_size * convolution.inputs;
    multiply_adds = int64_t{output.size.height} * output.size.width * window * layer.outputs;
    weight_bytes = convolution.weights.size();
    cost = conv_cost(*convolution.kernel, static_cast<double>(multiply_adds) / 2, weight_bytes);
    const int64_t row = kRowsPoints * kernels::row_floats(tiles_per_row_, convolution.inputs) * kFloatBytes;
    max_rows_ = static_cast<int>(
        std::clamp<int64_t>(kernel_.transformed_bytes / row / kRowsStride, 1, output.size.height));
    line_offset_ = round_up_to_cache_line(input_rows(max_rows_) * row);
    const int64_t line = kernels::line_floats(tiles_per_row_, convolution.inputs) * kFloatBytes;
    sums_offset_ = line_offset_ + round_up_to_cache_line(line);
    workspace_bytes = sums_offset_ + kernel_.sums_bytes;
  }

  void run(const InferenceContext& context, Workspace& workspace, int first, int last) const override {
    workspace.forget();
    float* transformed = floats_at(workspace, 0);
    for (; first < last; first += max_rows_) {
      const int end = std::min(first + max_rows_, last), rows = input_rows(end - first);
      const int first_row = kRowsStride * first - kRowsPadding;
      kernel_.transform_input({.inputs = convolution_.inputs,
                               .input = input_.in(context.arena),
                               .size = input_.size,
                               .tiles_per_row = tiles_per_row_,
                               .transformed = transformed,
                               .line = floats_at(workspace, line_offset_)},
                              first_row, first_row + rows);
      kernel_.multiply({.inputs = convolution_.inputs,
                        .outputs = layer_.outputs,
                        .transformed = transformed,
                        .first_row = first_row,
                        .rows = rows,
                        .sums = floats_at(workspace, sums_offset_),
                        .tiles_per_row = tiles_per_row_,
                        .weights = reinterpret_cast<const float*>(convolution_.weights.data()),
                        .bias = convolution_.bias.data(),
                        .output = output_.in(context.arena, layer_.channel),
                        .width = output_.size.width,
                        .relu = layer_.relu},
                       first, end);
    }
  }

 private:
  const kernels::WinogradRowsKernel& kernel_;
  Layer layer_;
  const PackedConvolution& convolution_;
  FeatureMap input_, output_;
  int tiles_per_row_;
  int max_rows_;                       // rows of the output whose input is transformed at once
  int64_t line_offset_, sums_offset_;  // in the workspace, behind the transformed rows
};

}  // namespace

OperationPtr winograd_rows_convolution(const Layer& layer, const PackedConvolution& convolution,
                                       const FeatureMap& input, const FeatureMap& output) {
  return std::make_unique<WinogradRowsConvolution>(layer, convolution, input, output);
}

}  // namespace googlenet::infer
