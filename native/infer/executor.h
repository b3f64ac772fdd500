#pragma once

#include <atomic>
#include <cstdint>
#include <list>
#include <optional>
#include <vector>

#include "infer/packed_network.h"
#include "infer/plan.h"
#include "infer/request.h"
#include "infer/thread_pool.h"

namespace googlenet::infer {

// Computes batches: keeps the plans of a few image sizes, and the memory that they work in.
class Executor {
 public:
  // All must outlive it. `working_bytes` is kept up to date, for any thread: the size of feature maps and
  // workspaces.
  Executor(const PackedNetwork& packed, ThreadPool& threads, std::atomic<int64_t>& working_bytes);

  // Computes images of one size and writes their logits. With as many images as threads, each thread computes
  // one alone, without waiting for others; the threads compute what is left over together. Images of
  // cancelled requests are left in the middle, all of them once `stopping` is set.
  void run(const std::vector<BatchImage>& batch, const std::atomic<bool>& stopping);

  bool has_memory() const { return !shapes_.empty(); }
  void release_memory();

 private:
  // Of one thread. The pool works in the arena of the first; others are made when there is an image for each.
  struct Memory {
    std::optional<AlignedBytes> arena;
    Workspace workspace;
  };
  // What images of one size need.
  struct Shape {
    kernels::Size size;
    Plan plan;
    std::vector<Memory> memory;  // of each thread
  };

  void run_alone(Shape& shape, const BatchImage& image, int thread, const std::atomic<bool>& stopping);
  void run_together(Shape& shape, const BatchImage& image);
  void write_logits(const Shape& shape, const std::byte* arena, const BatchImage& image, bool is_finite);
  InferenceContext context_of(const BatchImage& image, AlignedBytes& arena,
                              std::atomic<bool>& is_finite) const;
  Shape& shape_of(kernels::Size size);
  void add_arenas(Shape& shape, int count);
  void count_bytes();

  const PackedNetwork& packed_;
  ThreadPool& threads_;
  const kernels::ConvKernel* kernel_;
  std::list<Shape> shapes_;  // the one used last in front
  std::atomic<int64_t>& working_bytes_;
};

}  // namespace googlenet::infer
