#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "infer/packed.h"
#include "infer/team.h"
#include "kernels/maps.h"

namespace googlenet::infer {

// One picture on its way through a plan.
struct Frame {
  std::byte* arena;
  const void* pixels;  // floats [3][h][w], or bytes [h][w][3]
  bool is_bytes;
  float scale[3];  // of the channels of what `pixels` points to
  float shift[3];
  std::atomic<bool>* is_finite;  // cleared where a number is NaN or infinite
};

class Operation;

// Memory of one thread for what an operation computes on its way, and what of that it still holds.
struct Workspace {
  AlignedBytes memory;
  const Operation* holds_of = nullptr;
  int first = 0, last = 0;

  // Before another picture.
  void forget() { holds_of = nullptr; }
};

// Work on a layer, or on several of one kind that read the same, cut into units that any threads may do in
// any order. Units that follow one another share more of what they read than others.
class Operation {
 public:
  virtual ~Operation() = default;
  virtual void run(const Frame& frame, Workspace& own, int first, int last) const = 0;

  std::string name;
  std::string kernel;
  int units = 1;
  double cost = 0;  // of all units, in nanoseconds of one core, roughly
  int64_t multiply_adds = 0;
  int64_t bytes = 0;            // of weights
  int64_t workspace_bytes = 0;  // of each thread
};

struct Item {
  const Operation* operation;
  int first;
  int last;
};

using Operations = std::vector<std::unique_ptr<Operation>>;

// How pictures of one size go through a network: where each value lies, and what is done in which order.
class Plan {
 public:
  Plan(const PackedNetwork& packed, kernels::Size picture, int threads);

  int64_t arena_bytes() const { return arena_bytes_; }
  int64_t workspace_bytes() const { return workspace_bytes_; }

  // For one thread: phase by phase, one operation after the other.
  const std::vector<Operations>& phases() const { return phases_; }

  // For a team: each thread has its own part of every map, from layer to layer.
  const std::vector<std::vector<Item>>& items() const { return items_; }
  const std::vector<PhasePieces>& pieces() const { return pieces_; }

  // Logits of a head.
  const float* head(const std::byte* arena, size_t index) const;

 private:
  std::vector<Operations> phases_;
  std::vector<std::vector<Item>> items_;  // by phase, and in it by thread
  std::vector<PhasePieces> pieces_;
  std::vector<int64_t> heads_;
  int64_t arena_bytes_ = 0;
  int64_t workspace_bytes_ = 0;
};

}  // namespace googlenet::infer
