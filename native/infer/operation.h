#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "infer/aligned_bytes.h"

namespace googlenet::infer {

// One image on its way through a plan.
struct InferenceContext {
  std::byte* arena;
  const void* pixels;  // float32 [3][height][width], or uint8 [height][width][3]
  bool is_uint8;
  float scale[3];  // of the channels of what `pixels` points to
  float shift[3];
  std::atomic<bool>* is_finite;  // cleared where a value is NaN or infinite
};

class Operation;

// Memory of one thread for what an operation computes on its way, such as transformed Winograd tiles, and
// what of that it still holds.
struct Workspace {
  AlignedBytes memory;
  const Operation* holder = nullptr;
  int first = 0, last = 0;

  // To be called before another image.
  void forget() { holder = nullptr; }
};

// The work of a layer, or of several of one kind that read the same tensor, cut into units that any threads
// may do in any order. Neighbouring units share more of what they read than others.
class Operation {
 public:
  virtual ~Operation() = default;
  virtual void run(const InferenceContext& context, Workspace& workspace, int first, int last) const = 0;

  std::string name;
  std::string kernel;
  int units = 1;
  double cost = 0;  // of all units, see cost_model.h
  int64_t multiply_adds = 0;
  int64_t weight_bytes = 0;
  int64_t workspace_bytes = 0;  // of each thread
};

using OperationPtr = std::unique_ptr<Operation>;
using Operations = std::vector<OperationPtr>;

}  // namespace googlenet::infer
