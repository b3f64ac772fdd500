#include <algorithm>

#include "infer/cost_model.h"
#include "infer/operations/operations.h"
#include "kernels/feature_maps.h"

namespace googlenet::infer {

namespace {

using kernels::FeatureMapKernels;
using kernels::InstructionSet;

// Units are rows of the output.
class RowsOperation : public Operation {
 protected:
  RowsOperation(InstructionSet set, const Layer& layer, const FeatureMap& input, const FeatureMap& output)
      : kernels_(kernels::feature_map_kernels(set)), layer_(layer), input_(input), output_(output) {
    name = layer.name;
    units = output.size.height;
    cost = pool_cost(output.size.height * output.size.width * output.pixel_bytes(),
                     std::max(layer.kernel_size, 2));
  }

  kernels::StridedPointer in(const InferenceContext& context) const { return input_.in(context.arena); }
  kernels::StridedPointer out(const InferenceContext& context) const {
    return output_.in(context.arena, layer_.channel);
  }

  const FeatureMapKernels& kernels_;
  Layer layer_;
  FeatureMap input_, output_;
};

class MaxPool : public RowsOperation {
 public:
  MaxPool(InstructionSet set, const Layer& layer, const FeatureMap& input, const FeatureMap& output)
      : RowsOperation(set, layer, input, output) {
    kernel = "max";
  }
  void run(const InferenceContext& context, Workspace&, int first, int last) const override {
    kernels_.max_pool[static_cast<size_t>(input_.dtype)](
        {in(context), input_.size, out(context), output_.size.width, layer_.outputs, layer_.kernel_size,
         layer_.stride, layer_.padding},
        first, last);
  }
};

class AveragePool : public RowsOperation {
 public:
  AveragePool(InstructionSet set, const Layer& layer, const FeatureMap& input, const FeatureMap& output,
              float scale)
      : RowsOperation(set, layer, input, output), scale_(scale) {
    kernel = "mean";
  }
  void run(const InferenceContext& context, Workspace&, int first, int last) const override {
    kernels_.average_pool[static_cast<size_t>(input_.dtype)][static_cast<size_t>(output_.dtype)](
        {in(context), input_.size, out(context), output_.size, layer_.outputs, layer_.kernel_size,
         layer_.stride, scale_},
        first, last);
  }

 private:
  float scale_;  // from stored elements of the input to those of the output
};

class LocalResponseNorm : public RowsOperation {
 public:
  LocalResponseNorm(InstructionSet set, const Layer& layer, const FeatureMap& input, const FeatureMap& output,
                    float input_scale, float output_scale)
      : RowsOperation(set, layer, input, output), input_scale_(input_scale), output_scale_(output_scale) {
    kernel = "normalize";
  }
  void run(const InferenceContext& context, Workspace&, int first, int last) const override {
    kernels_.local_response_norm[static_cast<size_t>(input_.dtype)](
        {in(context), out(context), output_.size.width, layer_.outputs, layer_.alpha, layer_.k, input_scale_,
         output_scale_},
        first, last);
  }

 private:
  float input_scale_, output_scale_;
};

}  // namespace

OperationPtr max_pool(InstructionSet set, const Layer& layer, const FeatureMap& input,
                      const FeatureMap& output) {
  return std::make_unique<MaxPool>(set, layer, input, output);
}

OperationPtr average_pool(InstructionSet set, const Layer& layer, const FeatureMap& input,
                          const FeatureMap& output, float input_scale, float output_scale) {
  return std::make_unique<AveragePool>(set, layer, input, output, input_scale / output_scale);
}

OperationPtr local_response_norm(InstructionSet set, const Layer& layer, const FeatureMap& input,
                                 const FeatureMap& output, float input_scale, float output_scale) {
  return std::make_unique<LocalResponseNorm>(set, layer, input, output, input_scale, output_scale);
}

}  // namespace googlenet::infer
