#include "infer/executor.h"

#include <algorithm>
#include <limits>

#include "kernels/tuning.h"

namespace googlenet::infer {

Executor::Executor(const PackedNetwork& packed, ThreadPool& threads, std::atomic<int64_t>& working_bytes)
    : packed_(packed), threads_(threads), kernel_(packed.any_kernel()), working_bytes_(working_bytes) {}

void Executor::run(const std::vector<BatchImage>& batch, const std::atomic<bool>& stopping) {
  Shape& shape = shape_of(batch.front().request->size);
  const int threads = threads_.threads(), count = static_cast<int>(batch.size());
  const int alone = count / threads * threads;
  add_arenas(shape, alone > 0 ? threads : 1);
  if (alone > 0) {
    ItemEnds ends;
    for (int thread = 1; thread <= threads; ++thread) ends.push_back(alone / threads * thread);
    const auto work = [&](int thread, int, int item) {
      run_alone(shape, batch[static_cast<size_t>(item)], thread, stopping);
    };
    threads_.run({ends}, work, stopping, kernel_->begin_thread, kernel_->end_thread);
  }
  for (int i = alone; i < count && !stopping; ++i) run_together(shape, batch[static_cast<size_t>(i)]);
}

void Executor::run_alone(Shape& shape, const BatchImage& image, int thread,
                         const std::atomic<bool>& stopping) {
  std::atomic<bool> is_finite{true};
  auto& [arena, workspace] = shape.memory[static_cast<size_t>(thread)];
  workspace.forget();
  const InferenceContext context = context_of(image, *arena, is_finite);
  for (const Operations& operations : shape.plan.phases()) {
    if (image.request->cancelled || stopping) return;
    for (const auto& operation : operations) operation->run(context, workspace, 0, operation->units);
  }
  write_logits(shape, arena->data(), image, is_finite);
}

void Executor::run_together(Shape& shape, const BatchImage& image) {
  std::atomic<bool> is_finite{true};
  AlignedBytes& arena = *shape.memory.front().arena;
  for (Memory& memory : shape.memory) memory.workspace.forget();
  const InferenceContext context = context_of(image, arena, is_finite);
  const auto work = [&](int thread, int phase, int index) {
    const WorkItem& item = shape.plan.items()[static_cast<size_t>(phase)][static_cast<size_t>(index)];
    item.operation->run(context, shape.memory[static_cast<size_t>(thread)].workspace, item.first, item.last);
  };
  const bool is_complete = threads_.run(shape.plan.item_ends(), work, image.request->cancelled,
                                        kernel_->begin_thread, kernel_->end_thread);
  if (is_complete) write_logits(shape, arena.data(), image, is_finite);
}

void Executor::write_logits(const Shape& shape, const std::byte* arena, const BatchImage& image,
                            bool is_finite) {
  const Network& network = packed_.network;
  for (size_t head = 0; head < network.heads.size(); ++head) {
    const auto classes =
        static_cast<size_t>(network.tensors[static_cast<size_t>(network.heads[head])].channels);
    float* logits = image.request->logits[head].get() + static_cast<size_t>(image.index) * classes;
    if (is_finite) {
      std::copy_n(shape.plan.head(arena, head), classes, logits);
    } else {
      std::fill_n(logits, classes, std::numeric_limits<float>::quiet_NaN());
    }
  }
}

InferenceContext Executor::context_of(const BatchImage& image, AlignedBytes& arena,
                                      std::atomic<bool>& is_finite) const {
  const Request& request = *image.request;
  const size_t bytes = request.pixels.size() / static_cast<size_t>(request.count);
  const std::byte* pixels = request.pixels.data() + bytes * static_cast<size_t>(image.index);
  InferenceContext context = {arena.data(), pixels, request.is_uint8, {}, {}, &is_finite};
  for (int c = 0; c < 3; ++c) {
    const float scale = packed_.network.image_scale[c];
    context.scale[c] = request.scale[c] * scale;
    context.shift[c] = request.shift[c] * scale + packed_.network.image_shift[c];
  }
  return context;
}

Executor::Shape& Executor::shape_of(kernels::Size size) {
  const auto found =
      std::find_if(shapes_.begin(), shapes_.end(), [&](const Shape& shape) { return shape.size == size; });
  if (found != shapes_.end()) {
    shapes_.splice(shapes_.begin(), shapes_, found);
    return shapes_.front();
  }
  Shape shape = {size, Plan(packed_, size, threads_.threads()), {}};
  for (int thread = 0; thread < threads_.threads(); ++thread)
    shape.memory.push_back({std::nullopt, {AlignedBytes(shape.plan.workspace_bytes())}});
  shapes_.push_front(std::move(shape));
  if (shapes_.size() > tuning::kMaxShapes) shapes_.pop_back();
  count_bytes();
  return shapes_.front();
}

// With zeros: kernels read past what was written and multiply it with zero, but zero times NaN is NaN.
void Executor::add_arenas(Shape& shape, int count) {
  for (int thread = 0; thread < count; ++thread) {
    std::optional<AlignedBytes>& arena = shape.memory[static_cast<size_t>(thread)].arena;
    if (!arena) arena = AlignedBytes::zeros(shape.plan.arena_bytes());
  }
  count_bytes();
}

void Executor::release_memory() {
  shapes_.clear();
  working_bytes_ = 0;
}

void Executor::count_bytes() {
  int64_t bytes = 0;
  for (const Shape& shape : shapes_) {
    for (const Memory& memory : shape.memory)
      bytes += memory.workspace.memory.size() + (memory.arena ? memory.arena->size() : 0);
  }
  working_bytes_ = bytes;
}

}  // namespace googlenet::infer
