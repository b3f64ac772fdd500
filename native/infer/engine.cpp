#include "infer/engine.h"

#include <algorithm>
#include <chrono>
#include <limits>

#include "core/error.h"
#include "core/lower_priority.h"
#include "infer/wait.h"

namespace googlenet::infer {

namespace {

// Sizes of pictures whose plans and memory are kept.
constexpr size_t kMostShapes = 4;

// Kernels read past what was written, and ignore it: but zero times NaN is NaN.
AlignedBytes cleared(int64_t size) {
  AlignedBytes memory(size);
  std::fill_n(memory.data(), size, std::byte{0});
  return memory;
}

std::exception_ptr aborted() {
  return std::make_exception_ptr(core::Error("ABORTED", "The work was cancelled."));
}

}  // namespace

Engine::Engine(Network network, const Options& options,
               std::function<void(const std::exception_ptr&)> on_ready)
    : options_(options), network_(std::move(network)), on_ready_(std::move(on_ready)) {
  thread_.start([this] { run(); });
}

void Engine::rouse() {
  if (!sleeps_) return;
  {
    const std::lock_guard lock(mutex_);
    ++news_;
  }
  wake_.notify_one();
  // The team is there as long as the thread has not seen the end.
  const std::lock_guard lock(mutex_);
  if (!stopping_ && !closing_) team_->rouse();
}

bool Engine::submit(const std::shared_ptr<Request>& request) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_ || closing_) return false;
    queue_.push_back(request);
    ++news_;
  }
  wake_.notify_one();
  return true;
}

bool Engine::post(std::function<void()> job) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_ || closing_) return false;
    jobs_.push_back(std::move(job));
    ++news_;
  }
  wake_.notify_one();
  return true;
}

void Engine::cancel(const std::shared_ptr<Request>& request) {
  request->cancelled = true;
  bool waits = false;
  {
    const std::lock_guard lock(mutex_);
    // With some pictures begun, it is in work or about to be, and ends there.
    waits = request->begun == 0 && std::erase(queue_, request) > 0;
  }
  if (waits) request->on_done(aborted());
}

void Engine::close() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
    ++news_;
  }
  wake_.notify_one();
}

void Engine::request_stop() {
  std::deque<std::shared_ptr<Request>> dropped;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    dropped.swap(queue_);
    ++news_;
  }
  wake_.notify_one();
}

void Engine::run() {
  core::lower_priority();
  std::exception_ptr failure;
  try {
    prepare();
  } catch (...) {
    failure = std::current_exception();
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  on_ready_(failure);
  if (failure) fail_all(failure);
  while (!failure && wait_for_work()) {
    run_jobs();
    const std::vector<Picture> batch = next_batch();
    if (!batch.empty()) compute(batch);
  }
  forget_shapes();
  team_.reset();
  packed_.reset();
}

void Engine::fail_all(const std::exception_ptr& failure) {
  std::deque<std::shared_ptr<Request>> waiting;
  {
    const std::lock_guard lock(mutex_);
    waiting.swap(queue_);
  }
  for (const auto& request : waiting) request->on_done(failure);
}

void Engine::prepare() {
  packed_ = std::make_unique<PackedNetwork>(network_, options_.settings, options_.threads);
  network_ = {};  // its weights are somebody else's
  kernel_ = packed_->any_kernel();
  team_ = std::make_unique<Team>(options_.threads);
}

bool Engine::wait_for_work() {
  for (;;) {
    const uint32_t seen = news_.load();
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) return false;
      if (!queue_.empty() || !jobs_.empty()) return true;
      if (closing_) return false;
    }
    // Who calls again as soon as it has its answer need not wait for a thread that must be woken.
    if (changes_meanwhile(news_, seen, kTenthOfMillisecond) || changes_soon(news_, seen)) continue;
    if (!shapes_.empty() && !sleep(seen, options_.keep_memory)) forget_shapes();
    sleep(seen, std::nullopt);
  }
}

// False where the limit has passed and there is nothing to look at.
bool Engine::sleep(uint32_t seen, std::optional<std::chrono::milliseconds> limit) {
  std::unique_lock lock(mutex_);
  sleeps_ = true;
  const auto has_news = [&] { return news_ != seen; };
  if (limit)
    wake_.wait_for(lock, *limit, has_news);
  else
    wake_.wait(lock, has_news);
  sleeps_ = false;
  return has_news();
}

void Engine::forget_shapes() {
  shapes_.clear();
  working_bytes_ = 0;
}

void Engine::run_jobs() {
  std::deque<std::function<void()>> jobs;
  {
    const std::lock_guard lock(mutex_);
    jobs.swap(jobs_);
  }
  for (const auto& job : jobs) job();
}

// Pictures of the request that is first, and of those behind it that have the same size.
std::vector<Engine::Picture> Engine::next_batch() {
  std::vector<Picture> batch;
  const std::lock_guard lock(mutex_);
  while (!queue_.empty() && static_cast<int>(batch.size()) < options_.max_batch) {
    const std::shared_ptr<Request> request = queue_.front();
    if (!batch.empty()) {
      const kernels::Size size = batch.front().request->size;
      if (request->size.height != size.height || request->size.width != size.width) break;
    }
    queue_.pop_front();
    while (request->begun < request->count && static_cast<int>(batch.size()) < options_.max_batch)
      batch.push_back({request, request->begun++});
    if (request->begun == request->count) continue;
    // The rest of it waits behind the others.
    queue_.push_back(request);
    break;
  }
  return batch;
}

void Engine::compute(const std::vector<Picture>& batch) {
  std::exception_ptr error;
  try {
    Shape& shape = shape_of(batch.front().request->size);
    const int count = static_cast<int>(batch.size());
    const int alone = threads() == 1 ? count : count / threads() * threads();
    add_arenas(shape, alone > 0 ? threads() : 1);
    if (alone > 0) {
      // One picture a thread needs no agreement between them.
      PhasePieces ends;
      for (int thread = 1; thread <= threads(); ++thread) ends.push_back(alone / threads() * thread);
      team_->run(
          {ends},
          [&](int thread, int, int piece) { run_alone(shape, batch[static_cast<size_t>(piece)], thread); },
          stopping_, kernel_->begin, kernel_->end);
    }
    for (int i = alone; i < count && !stopping_; ++i) run_together(shape, batch[static_cast<size_t>(i)]);
  } catch (...) {
    error = std::current_exception();
  }
  if (stopping_) return;
  for (size_t i = 0; i < batch.size(); ++i) {
    const auto& request = batch[i].request;
    if (i + 1 < batch.size() && batch[i + 1].request == request) continue;  // its last picture here
    const bool is_cancelled = request->cancelled;
    bool is_done = is_cancelled || error != nullptr;
    if (is_done) {
      const std::lock_guard lock(mutex_);
      std::erase(queue_, request);
    }
    is_done = is_done || request->begun == request->count;
    if (is_done) request->on_done(is_cancelled ? aborted() : error);
  }
}

void Engine::run_alone(Shape& shape, const Picture& picture, int thread) {
  std::atomic<bool> is_finite{true};
  auto& [arena, own] = shape.memory[static_cast<size_t>(thread)];
  own.forget();
  const Frame frame = frame_of(picture, *arena, is_finite);
  for (const Operations& operations : shape.plan.phases()) {
    if (picture.request->cancelled || stopping_) return;
    for (const auto& operation : operations) operation->run(frame, own, 0, operation->units);
  }
  write_logits(shape, arena->data(), picture, is_finite);
}

void Engine::run_together(Shape& shape, const Picture& picture) {
  std::atomic<bool> is_finite{true};
  AlignedBytes& arena = *shape.memory.front().arena;
  for (Memory& memory : shape.memory) memory.own.forget();
  const Frame frame = frame_of(picture, arena, is_finite);
  const auto work = [&](int thread, int phase, int piece) {
    const Item& item = shape.plan.items()[static_cast<size_t>(phase)][static_cast<size_t>(piece)];
    item.operation->run(frame, shape.memory[static_cast<size_t>(thread)].own, item.first, item.last);
  };
  const bool is_complete =
      team_->run(shape.plan.pieces(), work, picture.request->cancelled, kernel_->begin, kernel_->end);
  if (is_complete) write_logits(shape, arena.data(), picture, is_finite);
}

void Engine::write_logits(const Shape& shape, const std::byte* arena, const Picture& picture,
                          bool is_finite) {
  const Network& network = packed_->network;
  for (size_t head = 0; head < network.heads.size(); ++head) {
    const auto classes =
        static_cast<size_t>(network.values[static_cast<size_t>(network.heads[head])].channels);
    float* logits = picture.request->logits[head].get() + static_cast<size_t>(picture.index) * classes;
    if (is_finite) {
      std::copy_n(shape.plan.head(arena, head), classes, logits);
    } else {
      std::fill_n(logits, classes, std::numeric_limits<float>::quiet_NaN());
    }
  }
}

std::vector<std::vector<double>> Engine::profile(const Plan& plan, kernels::Size size, int repeats) const {
  using Clock = std::chrono::steady_clock;
  const std::vector<float> pixels(static_cast<size_t>(3 * size.height * size.width), 0.5f);
  const AlignedBytes arena = cleared(plan.arena_bytes());
  Workspace own = {AlignedBytes(plan.workspace_bytes())};
  std::atomic<bool> is_finite{true};
  const Frame frame = {arena.data(), pixels.data(), false, {1, 1, 1}, {0, 0, 0}, &is_finite};
  std::vector<std::vector<std::vector<double>>> times;  // by phase, operation, run
  for (const Operations& operations : plan.phases()) times.emplace_back(operations.size());
  kernel_->begin();
  for (int run = 0; run < repeats && !stopping_; ++run) {
    own.forget();
    for (size_t phase = 0; phase < times.size(); ++phase) {
      for (size_t i = 0; i < times[phase].size(); ++i) {
        const Operation& operation = *plan.phases()[phase][i];
        const auto begin = Clock::now();
        operation.run(frame, own, 0, operation.units);
        times[phase][i].push_back(std::chrono::duration<double, std::micro>(Clock::now() - begin).count());
      }
    }
  }
  kernel_->end();
  std::vector<std::vector<double>> medians;
  for (auto& phase : times) {
    auto& of_phase = medians.emplace_back();
    for (std::vector<double>& runs : phase) {
      const auto middle = runs.begin() + static_cast<std::ptrdiff_t>(runs.size() / 2);
      std::nth_element(runs.begin(), middle, runs.end());
      of_phase.push_back(runs.empty() ? 0 : *middle);
    }
  }
  return medians;
}

Frame Engine::frame_of(const Picture& picture, AlignedBytes& arena, std::atomic<bool>& is_finite) const {
  const Request& request = *picture.request;
  const size_t bytes = request.pixels.size() / static_cast<size_t>(request.count);
  const std::byte* pixels = request.pixels.data() + bytes * static_cast<size_t>(picture.index);
  Frame frame = {arena.data(), pixels, request.is_bytes, {}, {}, &is_finite};
  for (int c = 0; c < 3; ++c) {
    const float scale = packed_->network.picture_scale[c];
    frame.scale[c] = request.scale[c] * scale;
    frame.shift[c] = request.shift[c] * scale + packed_->network.picture_shift[c];
  }
  return frame;
}

Engine::Shape& Engine::shape_of(kernels::Size size) {
  const auto found = std::find_if(shapes_.begin(), shapes_.end(), [&](const Shape& shape) {
    return shape.size.height == size.height && shape.size.width == size.width;
  });
  if (found != shapes_.end()) {
    shapes_.splice(shapes_.begin(), shapes_, found);
    return shapes_.front();
  }
  Shape shape = {size, Plan(*packed_, size, threads()), {}};
  for (int thread = 0; thread < threads(); ++thread)
    shape.memory.push_back({std::nullopt, {AlignedBytes(shape.plan.workspace_bytes())}});
  shapes_.push_front(std::move(shape));
  if (shapes_.size() > kMostShapes) shapes_.pop_back();
  count_bytes();
  return shapes_.front();
}

void Engine::add_arenas(Shape& shape, int count) {
  for (int thread = 0; thread < count; ++thread) {
    std::optional<AlignedBytes>& arena = shape.memory[static_cast<size_t>(thread)].arena;
    if (!arena) arena = cleared(shape.plan.arena_bytes());
  }
  count_bytes();
}

void Engine::count_bytes() {
  int64_t bytes = 0;
  for (const Shape& shape : shapes_) {
    for (const Memory& memory : shape.memory)
      bytes += memory.own.memory.size() + (memory.arena ? memory.arena->size() : 0);
  }
  working_bytes_ = bytes;
}

}  // namespace googlenet::infer
