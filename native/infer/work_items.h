#pragma once

#include <vector>

#include "infer/operation.h"

namespace googlenet::infer {

// Units [first, last) of an operation: what a thread of the pool does at a time.
struct WorkItem {
  const Operation* operation;
  int first;
  int last;
};

// The items of one of `threads` threads in a phase, the most expensive first. A thread gets the same share of
// each operation, so it has the same rows of every feature map.
std::vector<WorkItem> items_of_thread(const Operations& operations, int thread, int threads);

}  // namespace googlenet::infer
