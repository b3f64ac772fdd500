#pragma once

#include <vector>

#include "infer/feature_map.h"
#include "infer/packed_network.h"

namespace googlenet::infer {

// When the layers of a network run, and where its tensors lie meanwhile.
struct TensorLayout {
  // Throws as Plan does.
  TensorLayout(const PackedNetwork& packed, kernels::Size image);

  int phase_count = 0;
  std::vector<int> phases;               // of each layer
  std::vector<int> first_use, last_use;  // phases between which a tensor is in use
  std::vector<FeatureMap> maps;          // of each tensor
  int64_t arena_bytes = 0;

 private:
  void find_phases(const Network& network);
  void describe_maps(const PackedNetwork& packed, const std::vector<kernels::Size>& sizes);
  void place_maps();
};

}  // namespace googlenet::infer
