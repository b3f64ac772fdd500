#pragma once

#include <cstdint>
#include <vector>

#include "infer/operation.h"
#include "infer/packed_network.h"
#include "infer/work_items.h"

namespace googlenet::infer {

// How images of one size go through a network: where each tensor lies, and what is computed in which order.
class Plan {
 public:
  // Throws INVALID_SHAPE for images that do not fit through the network, INVALID_ARGUMENT for networks that
  // ask for more memory than any of their kind needs.
  Plan(const PackedNetwork& packed, kernels::Size image, int threads);

  int64_t arena_bytes() const { return arena_bytes_; }
  int64_t workspace_bytes() const { return workspace_bytes_; }

  // For one thread: phase by phase, one operation after the other.
  const std::vector<Operations>& phases() const { return phases_; }

  // For a thread pool: each thread has its own block of rows of every feature map, from layer to layer.
  const std::vector<std::vector<WorkItem>>& items() const { return items_; }
  const std::vector<ItemEnds>& item_ends() const { return item_ends_; }

  // Logits of a head.
  const float* head(const std::byte* arena, size_t index) const;

 private:
  std::vector<Operations> phases_;
  std::vector<std::vector<WorkItem>> items_;  // by phase, and in it by thread
  std::vector<ItemEnds> item_ends_;
  std::vector<int64_t> head_offsets_;
  int64_t arena_bytes_ = 0;
  int64_t workspace_bytes_ = 0;
};

}  // namespace googlenet::infer
