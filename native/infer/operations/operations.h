#pragma once

#include <vector>

#include "infer/feature_map.h"
#include "infer/operation.h"
#include "infer/packed_network.h"

namespace googlenet::infer {

// The operations that plans consist of, each in a file of its own.

OperationPtr clear_borders(const FeatureMap& map);
OperationPtr read_image(kernels::InstructionSet set, const FeatureMap& map);

// Convolutions with the same input and window.
struct Sibling {
  Layer layer;
  const PackedConvolution* convolution;
  FeatureMap output;
};
OperationPtr direct_convolution(const FeatureMap& input, std::vector<Sibling> siblings);

OperationPtr winograd_convolution(const Layer& layer, const PackedConvolution& convolution,
                                  const FeatureMap& input, const FeatureMap& output);
OperationPtr winograd_rows_convolution(const Layer& layer, const PackedConvolution& convolution,
                                       const FeatureMap& input, const FeatureMap& output);

// For layers between uint8 tensors, an element times its scale is the value it stands for; elsewhere scales
// are 1.
OperationPtr max_pool(kernels::InstructionSet set, const Layer& layer, const FeatureMap& input,
                      const FeatureMap& output);
OperationPtr average_pool(kernels::InstructionSet set, const Layer& layer, const FeatureMap& input,
                          const FeatureMap& output, float input_scale, float output_scale);
OperationPtr local_response_norm(kernels::InstructionSet set, const Layer& layer, const FeatureMap& input,
                                 const FeatureMap& output, float input_scale, float output_scale);

}  // namespace googlenet::infer
