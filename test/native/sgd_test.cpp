// A step that runs out of memory changes nothing: the n-th allocation fails, for every n.
#include "train/sgd.h"

#include <c10/core/CPUAllocator.h>
#include <torch/types.h>

#include <cstdlib>
#include <new>

#include "tests.h"
#include "train/ema.h"

namespace {

// Allocations of this thread until one fails; negative: none fails.
thread_local int64_t allocations_left = -1;

bool fails() {
  return allocations_left >= 0 && allocations_left-- == 0;
}

class FailingAllocator final : public c10::Allocator {
 public:
  explicit FailingAllocator(c10::Allocator* behind) : behind_(behind) {}
  c10::DataPtr allocate(size_t bytes) override {
    if (fails()) throw std::bad_alloc();
    return behind_->allocate(bytes);
  }
  c10::DeleterFnPtr raw_deleter() const override { return behind_->raw_deleter(); }
  void copy_data(void* to, const void* from, size_t bytes) const override {
    default_copy_data(to, from, bytes);
  }

 private:
  c10::Allocator* behind_;
};

}  // namespace

// Replaces those of the whole program, libtorch included. Not inlined, because GCC warns that malloc and
// delete do not match.
[[gnu::noinline]] void* operator new(size_t bytes) {
  void* memory = fails() ? nullptr : std::malloc(bytes);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, size_t) noexcept {
  std::free(memory);
}

namespace googlenet::train {

namespace {

struct Case {
  const char* name;
  SgdOptions options;
};

//                        momentum dampening decay nesterov fused
const Case kCases[] = {
    {"plain", {0, 0, 0, false, false}},      {"decay", {0, 0, 0.1, false, false}},
    {"momentum", {0.9, 0, 0, false, false}}, {"dampening", {0.9, 0.3, 0.1, false, false}},
    {"Nesterov", {0.9, 0, 0, true, false}},  {"Nesterov and decay", {0.9, 0, 0.1, true, false}},
    {"fused", {0.9, 0, 0.1, false, true}}};

const LearningRates kRates = {0.1, 0.5};

std::vector<weights::NamedTensor> draw_parameters() {
  std::vector<weights::NamedTensor> parameters = {
      {"weight", torch::randn({17, 3, 5, 5})},
      {"last", torch::randn({6, 4, 3, 3}).contiguous(at::MemoryFormat::ChannelsLast)},
      {"one", torch::randn({})},
      {"head", torch::randn({9, 33})}};
  for (weights::NamedTensor& one : parameters) one.tensor.mutable_grad() = torch::randn_like(one.tensor);
  return parameters;
}

std::vector<torch::Tensor> copies(const std::vector<weights::NamedTensor>& tensors) {
  std::vector<torch::Tensor> copied;
  for (const weights::NamedTensor& one : tensors) copied.push_back(one.tensor.clone());
  return copied;
}

void require_equal(const std::vector<weights::NamedTensor>& found, const std::vector<torch::Tensor>& expected,
                   const std::string& what) {
  for (size_t i = 0; i < found.size(); ++i)
    require(torch::equal(found[i].tensor, expected[i]), what + ": " + found[i].name + " differs");
}

// torch.optim.SGD, as documented.
void step_plainly(std::vector<torch::Tensor>& parameters, const std::vector<weights::NamedTensor>& of,
                  std::vector<torch::Tensor>& momentum, const SgdOptions& o, bool is_first) {
  for (size_t i = 0; i < of.size(); ++i) {
    torch::Tensor update = of[i].tensor.grad().clone();
    if (o.weight_decay != 0) update = update.add(parameters[i], o.weight_decay);
    if (o.momentum != 0) {
      momentum[i] = is_first ? update : momentum[i].mul(o.momentum).add(update, 1 - o.dampening);
      update = o.nesterov ? update.add(momentum[i], o.momentum) : momentum[i];
    }
    parameters[i] = parameters[i].add(update, -(of[i].name == "head" ? kRates.head : kRates.body));
  }
}

// Returns the number of allocations of a step that succeeds.
int64_t step_with_failures(Sgd& sgd, const std::vector<weights::NamedTensor>& parameters,
                           const std::string& what) {
  const std::vector<torch::Tensor> before = copies(parameters), momentum = copies(sgd.momentum_buffers());
  const bool has_momentum = sgd.has_momentum();
  for (int64_t n = 0;; ++n) {
    bool is_done = true;
    allocations_left = n;
    try {
      sgd.step(kRates);
    } catch (const std::bad_alloc&) {
      is_done = false;
    }
    allocations_left = -1;
    if (is_done) return n;
    require_equal(parameters, before, what + ", allocation " + std::to_string(n));
    require(sgd.has_momentum() == has_momentum, what + ": a failed step left momentum behind");
    require_equal(sgd.momentum_buffers(), momentum, what + ", momentum at allocation " + std::to_string(n));
  }
}

void test_step(const Case& of) {
  const std::vector<weights::NamedTensor> parameters = draw_parameters();
  Sgd sgd(parameters, {"head"}, of.options);
  std::vector<torch::Tensor> expected = copies(parameters), momentum(parameters.size());
  for (int step = 0; step < 3; ++step) {
    const std::string what = std::string(of.name) + ", step " + std::to_string(step);
    step_plainly(expected, parameters, momentum, of.options, step == 0);
    const int64_t allocations = step_with_failures(sgd, parameters, what);
    require(allocations > 0, what + " allocates nothing, so this tests nothing");
    // The fused step rounds the last elements differently.
    if (of.options.fused)
      expected = copies(parameters);
    else
      require_equal(parameters, expected, what);
  }
}

// update() cannot fail after a step.
void test_ema() {
  const std::vector<weights::NamedTensor> parameters = draw_parameters();
  Ema ema(parameters, 0.9);
  for (int step = 0; step < 2; ++step) {
    ema.prepare();
    allocations_left = 0;
    try {
      ema.update();
    } catch (const std::bad_alloc&) {
      require(false, "an EMA update allocates memory after prepare()");
    }
    allocations_left = -1;
  }
  require_equal(ema.tensors(), copies(parameters), "the EMA of constant parameters");
}

}  // namespace

void test_sgd() {
  at::set_num_threads(1);
  c10::Allocator* const allocator = c10::GetCPUAllocator();
  FailingAllocator failing(allocator);
  c10::SetCPUAllocator(&failing, /*priority=*/1);
  for (const Case& of : kCases) test_step(of);
  test_ema();
  c10::SetCPUAllocator(allocator, /*priority=*/1);
}

}  // namespace googlenet::train
