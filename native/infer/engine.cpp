#include "infer/engine.h"

#include "core/error.h"
#include "core/lower_priority.h"

namespace googlenet::infer {

namespace {

std::exception_ptr aborted() {
  return std::make_exception_ptr(core::Error("ABORTED", "The work was cancelled."));
}

}  // namespace

Engine::Engine(Network network, const Options& options,
               std::function<void(const std::exception_ptr&)> on_ready)
    : options_(options), network_(std::move(network)), on_ready_(std::move(on_ready)) {
  thread_.start([this] { run(); });
}

void Engine::wake() {
  // The pool is there as long as the engine's thread has not seen the end.
  queue_.wake([this] { thread_pool_->wake(); });
}

void Engine::cancel(const std::shared_ptr<Request>& request) {
  request->cancelled = true;
  if (queue_.withdraw(request)) request->on_done(aborted());
}

void Engine::run() {
  core::lower_priority();
  std::exception_ptr failure;
  try {
    prepare();
  } catch (...) {
    failure = std::current_exception();
    queue_.close();
  }
  on_ready_(failure);
  if (failure) fail_all(failure);
  const auto has_memory = [this] { return executor_->has_memory(); };
  const auto release_memory = [this] { executor_->release_memory(); };
  while (!failure && queue_.wait_for_work(options_.keep_memory, has_memory, release_memory)) {
    for (const auto& job : queue_.take_jobs()) job();
    const std::vector<BatchImage> batch = queue_.take_batch(options_.max_batch);
    if (!batch.empty()) compute(batch);
  }
  if (executor_) executor_->release_memory();
  executor_.reset();
  packed_.reset();
  thread_pool_.reset();
}

void Engine::prepare() {
  thread_pool_ = std::make_unique<ThreadPool>(options_.threads);
  packed_ = std::make_unique<PackedNetwork>(network_, options_.settings, *thread_pool_);
  network_ = {};  // its weights belong to somebody else
  executor_ = std::make_unique<Executor>(*packed_, *thread_pool_, working_bytes_);
}

void Engine::fail_all(const std::exception_ptr& failure) {
  for (const auto& request : queue_.withdraw_all()) request->on_done(failure);
}

void Engine::compute(const std::vector<BatchImage>& batch) {
  std::exception_ptr error;
  try {
    executor_->run(batch, queue_.stopping());
  } catch (...) {
    error = std::current_exception();
  }
  if (!queue_.stopping()) finish(batch, error);
}

// Answers the requests of which nothing is left to compute.
void Engine::finish(const std::vector<BatchImage>& batch, const std::exception_ptr& error) {
  for (size_t i = 0; i < batch.size(); ++i) {
    const auto& request = batch[i].request;
    if (i + 1 < batch.size() && batch[i + 1].request == request) continue;  // its last image here
    const bool is_cancelled = request->cancelled;
    bool is_done = is_cancelled || error != nullptr;
    if (is_done) queue_.drop(request);
    is_done = is_done || request->started == request->count;
    if (is_done) request->on_done(is_cancelled ? aborted() : error);
  }
}

}  // namespace googlenet::infer
