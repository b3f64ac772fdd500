// Runs whole networks, drawn at random, through plans and thread pools of every instruction set, and compares
// them with plain loops in double. The arena is full of NaN at first: what is read before it is written
// shows.
#include "infer/plan.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "core/error.h"
#include "infer/thread_pool.h"
#include "networks.h"
#include "tests.h"

using namespace googlenet;
using namespace googlenet::infer;

namespace {

struct Case {
  kernels::InstructionSet instruction_set;
  Precision precision;
  bool winograd;
  double tolerance;  // of the largest logit
};

const Case kCases[] = {
    {kernels::InstructionSet::kAvx2, Precision::kFloat32, false, 2e-5},
    {kernels::InstructionSet::kAvx2, Precision::kFloat32, true, 1e-4},
    {kernels::InstructionSet::kAvx512, Precision::kFloat32, false, 2e-5},
    {kernels::InstructionSet::kAvx512, Precision::kFloat32, true, 1e-4},
    {kernels::InstructionSet::kAvx512, Precision::kBfloat16, false, 4e-2},
    {kernels::InstructionSet::kAmx, Precision::kBfloat16, false, 4e-2},
    {kernels::InstructionSet::kAvx512, Precision::kInt8, false, 0.15},
    {kernels::InstructionSet::kAmx, Precision::kInt8, false, 0.15},
};

void compare(const Plan& plan, const std::byte* arena, const std::vector<std::vector<double>>& expected,
             double tolerance) {
  for (size_t head = 0; head < expected.size(); ++head) {
    double largest = 1;
    for (const double logit : expected[head]) largest = std::max(largest, std::abs(logit));
    for (size_t i = 0; i < expected[head].size(); ++i) {
      const double found = plan.head(arena, head)[i];
      if (!(std::abs(found - expected[head][i]) <= tolerance * largest))
        fail("a plan: expected " + std::to_string(expected[head][i]) + " but got " + std::to_string(found));
    }
  }
}

// False for an image that is too small for the network.
bool test_plan(Random& random, const Case& of) {
  const bool is_int8 = of.precision == Precision::kInt8;
  RandomNetwork drawn = draw_network(random, is_int8 ? Precision::kFloat32 : of.precision);
  const kernels::Size size = {random.in(1, 40), random.in(1, 40)};
  const int threads = random.in(1, 4);
  try {
    tensor_sizes(drawn.network, size);
  } catch (const core::Error& error) {
    if (error.code() != "INVALID_SHAPE") throw;
    return false;
  }
  std::vector<float> pixels(static_cast<size_t>(3 * size.height * size.width));
  for (float& pixel : pixels) pixel = random.normal();
  std::vector<double> seen;
  for (size_t i = 0; i < pixels.size(); ++i) {
    const size_t c = i / static_cast<size_t>(size.height * size.width);
    seen.push_back(double{pixels[i]} * drawn.network.image_scale[c] + drawn.network.image_shift[c]);
  }
  if (is_int8) quantize(drawn, size, seen);
  const auto expected = compute(drawn.network, size, seen);

  ThreadPool pool(threads);
  const PackedNetwork packed(drawn.network, {of.instruction_set, of.winograd}, pool);
  const Plan plan(packed, size, threads);
  AlignedBytes arena(plan.arena_bytes());
  std::memset(arena.data(), 0xff, static_cast<size_t>(arena.size()));
  std::atomic<bool> is_finite{true}, cancelled{false};
  InferenceContext context = {arena.data(), pixels.data(), false, {}, {}, &is_finite};
  std::copy_n(drawn.network.image_scale, 3, context.scale);
  std::copy_n(drawn.network.image_shift, 3, context.shift);

  const kernels::ConvKernel* kernel = packed.any_kernel();
  std::vector<Workspace> workspaces;
  for (int thread = 0; thread < threads; ++thread)
    workspaces.push_back({AlignedBytes(plan.workspace_bytes())});
  for (int repeat = 0; repeat < 2; ++repeat) {
    for (Workspace& workspace : workspaces) workspace.forget();
    const bool is_complete = pool.run(
        plan.item_ends(),
        [&](int thread, int phase, int index) {
          const WorkItem& item = plan.items()[static_cast<size_t>(phase)][static_cast<size_t>(index)];
          item.operation->run(context, workspaces[static_cast<size_t>(thread)], item.first, item.last);
        },
        cancelled, kernel->begin_thread, kernel->end_thread);
    if (!is_complete || !is_finite) fail("a run ended early, or finite values are taken for others");
    compare(plan, arena.data(), expected, of.tolerance);
  }
  std::memset(arena.data(), 0xff, static_cast<size_t>(arena.size()));
  kernel->begin_thread();
  workspaces.front().forget();
  for (const Operations& operations : plan.phases())
    for (const auto& operation : operations) operation->run(context, workspaces.front(), 0, operation->units);
  kernel->end_thread();
  compare(plan, arena.data(), expected, of.tolerance);
  return true;
}

Layer convolution(const char* name, int input, int output, int outputs, int kernel_size, const float* weights,
                  const float* bias) {
  Layer layer = {};
  layer.name = name;
  layer.kind = Layer::Kind::kConvolution;
  layer.input = input;
  layer.output = output;
  layer.outputs = outputs;
  layer.kernel_size = kernel_size;
  layer.stride = 1;
  layer.padding = kernel_size / 2;
  layer.weights = reinterpret_cast<const std::byte*>(weights);
  layer.bias = bias;
  return layer;
}

Layer average(int input, int output, int channels) {
  Layer layer = {};
  layer.name = "mean";
  layer.kind = Layer::Kind::kAveragePool;
  layer.input = input;
  layer.output = output;
  layer.outputs = channels;
  layer.stride = 1;
  layer.output_size = 1;
  return layer;
}

// So many tiles that products of their counts need more than 32 bits.
void test_large_image(kernels::InstructionSet instruction_set) {
  constexpr int kSize = 1800;
  std::vector<float> pixels(3 * kSize * kSize);
  for (size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<float>(i % 97) / 97;
  const std::vector<float> weights(27, 1.f / 27), one(1, 1.f), bias(1, 0.f);
  Network network = {};
  network.tensors = {{3, 0}, {1, 0}, {1, 0}, {1, 0}};
  network.layers = {convolution("wide", 0, 1, 1, 3, weights.data(), bias.data()), average(1, 2, 1),
                    convolution("head", 2, 3, 1, 1, one.data(), bias.data())};
  network.heads = {3};
  validate(network);
  float means[2];
  for (const bool winograd : {false, true}) {
    ThreadPool pool(1);
    const PackedNetwork packed(network, {instruction_set, winograd}, pool);
    const Plan plan(packed, {kSize, kSize}, 1);
    const AlignedBytes arena(plan.arena_bytes());
    std::memset(arena.data(), 0xff, static_cast<size_t>(arena.size()));
    std::atomic<bool> is_finite{true};
    const InferenceContext context = {arena.data(), pixels.data(), false, {1, 1, 1}, {0, 0, 0}, &is_finite};
    Workspace workspace = {AlignedBytes(plan.workspace_bytes())};
    for (const Operations& operations : plan.phases())
      for (const auto& operation : operations) operation->run(context, workspace, 0, operation->units);
    means[winograd] = plan.head(arena.data(), 0)[0];
  }
  if (!(std::abs(means[0] - means[1]) < 1e-3f))
    fail("a large image: " + std::to_string(means[0]) + ", with Winograd " + std::to_string(means[1]));
}

// A file of some kilobytes that would take gigabytes.
void test_greedy_plan() {
  constexpr int kChannels = 1 << 16;
  const std::vector<float> weights(3 * kChannels), bias(kChannels);
  Network network = {};
  network.tensors = {{3, 0}, {kChannels, 0}, {kChannels, 0}, {1, 0}};
  network.layers = {convolution("wide", 0, 1, kChannels, 1, weights.data(), bias.data()),
                    average(1, 2, kChannels), convolution("head", 2, 3, 1, 1, weights.data(), bias.data())};
  network.heads = {3};
  validate(network);
  ThreadPool pool(1);
  const PackedNetwork packed(network, {kernels::InstructionSet::kAvx2, false}, pool);
  try {
    const Plan plan(packed, {224, 224}, 1);
  } catch (const core::Error& error) {
    if (error.code() == "INVALID_ARGUMENT") return;
  }
  fail("a plan may take any amount of memory");
}

}  // namespace

int64_t test_plans(Random& random, int repeats) {
  int64_t tested = 0;
  if (kernels::has_avx2()) test_greedy_plan();
  for (const kernels::InstructionSet instruction_set :
       {kernels::InstructionSet::kAvx2, kernels::InstructionSet::kAvx512})
    if (can_compute(instruction_set, Precision::kFloat32)) test_large_image(instruction_set);
  for (const Case& of : kCases) {
    if (!can_compute(of.instruction_set, of.precision)) continue;
    for (int i = 0; i < repeats; ++i)
      if (test_plan(random, of)) ++tested;
  }
  return tested;
}
