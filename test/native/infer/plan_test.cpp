// Whole networks, drawn at random, through plans and teams of every tier, against plain loops in double. The
// arena is full of NaN at first: what is read before it is written shows.
#include "infer/plan.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "core/error.h"
#include "infer/team.h"
#include "networks.h"
#include "tests.h"

using namespace googlenet;

namespace {

struct Case {
  kernels::Tier tier;
  Precision precision;
  bool winograd;
  double tolerance;  // of the largest logit
};

const Case kCases[] = {
    {kernels::Tier::kAvx2, Precision::kFloat, false, 2e-5},
    {kernels::Tier::kAvx2, Precision::kFloat, true, 1e-4},
    {kernels::Tier::kAvx512, Precision::kFloat, false, 2e-5},
    {kernels::Tier::kAvx512, Precision::kFloat, true, 1e-4},
    {kernels::Tier::kAvx512, Precision::kBfloat16, false, 4e-2},
    {kernels::Tier::kAmx, Precision::kBfloat16, false, 4e-2},
    {kernels::Tier::kAvx512, Precision::kByte, false, 0.15},
    {kernels::Tier::kAmx, Precision::kByte, false, 0.15},
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

// False for a picture that is too small for the network.
bool test_plan(Random& random, const Case& of) {
  const bool is_byte = of.precision == Precision::kByte;
  RandomNetwork drawn = draw_network(random, is_byte ? Precision::kFloat : of.precision);
  const kernels::Size size = {random.in(1, 40), random.in(1, 40)};
  const int threads = random.in(1, 4);
  try {
    map_sizes(drawn.network, size);
  } catch (const Error& error) {
    if (error.code() != "INVALID_SHAPE") throw;
    return false;
  }
  std::vector<float> pixels(static_cast<size_t>(3 * size.height * size.width));
  for (float& pixel : pixels) pixel = random.normal();
  std::vector<double> seen;
  for (size_t i = 0; i < pixels.size(); ++i) {
    const size_t c = i / static_cast<size_t>(size.height * size.width);
    seen.push_back(double{pixels[i]} * drawn.network.picture_scale[c] + drawn.network.picture_shift[c]);
  }
  if (is_byte) quantize(drawn, size, seen);
  const auto expected = compute(drawn.network, size, seen);

  const PackedNetwork packed(drawn.network, {of.tier, of.winograd});
  const Plan plan(packed, size, threads);
  AlignedBytes arena(plan.arena_bytes());
  std::memset(arena.data(), 0xff, static_cast<size_t>(arena.size()));
  std::atomic<bool> is_finite{true}, cancelled{false};
  Frame frame = {arena.data(), pixels.data(), false, {}, {}, &is_finite};
  std::copy_n(drawn.network.picture_scale, 3, frame.scale);
  std::copy_n(drawn.network.picture_shift, 3, frame.shift);

  const kernels::ConvKernel* kernel = packed.any_kernel();
  std::vector<Workspace> own;
  for (int thread = 0; thread < threads; ++thread) own.push_back({AlignedBytes(plan.workspace_bytes())});
  Team team(threads);
  for (int repeat = 0; repeat < 2; ++repeat) {
    for (Workspace& of_thread : own) of_thread.forget();
    const bool is_complete = team.run(
        plan.pieces(),
        [&](int thread, int phase, int piece) {
          const Item& item = plan.items()[static_cast<size_t>(phase)][static_cast<size_t>(piece)];
          item.operation->run(frame, own[static_cast<size_t>(thread)], item.first, item.last);
        },
        cancelled, kernel->begin, kernel->end);
    if (!is_complete || !is_finite) fail("a run ended early, or finite numbers are taken for others");
    compare(plan, arena.data(), expected, of.tolerance);
  }
  std::memset(arena.data(), 0xff, static_cast<size_t>(arena.size()));
  kernel->begin();
  own.front().forget();
  for (const Operations& operations : plan.phases())
    for (const auto& operation : operations) operation->run(frame, own.front(), 0, operation->units);
  kernel->end();
  compare(plan, arena.data(), expected, of.tolerance);
  return true;
}

// A file of some kilobytes that would take gigabytes.
void test_greedy_plan() {
  constexpr int kChannels = 1 << 16;
  const std::vector<float> weights(3 * kChannels), bias(kChannels);
  Network network = {};
  network.values = {{3, 0}, {kChannels, 0}, {kChannels, 0}, {1, 0}};
  Layer wide = {.name = "wide",
                .kind = Layer::Kind::kConvolution,
                .input = 0,
                .output = 1,
                .channel = 0,
                .outputs = kChannels,
                .window = 1,
                .stride = 1,
                .padding = 0,
                .ceil = false,
                .relu = true,
                .side = 0,
                .alpha = 0,
                .k = 0,
                .weights = reinterpret_cast<const std::byte*>(weights.data()),
                .bias = bias.data(),
                .weight_scales = nullptr};
  Layer mean = wide, head = wide;
  mean.kind = Layer::Kind::kAverage;
  mean.input = 1;
  mean.output = 2;
  mean.window = 0;
  mean.side = 1;
  head.input = 2;
  head.output = 3;
  head.outputs = 1;
  network.layers = {wide, mean, head};
  network.heads = {3};
  validate(network);
  const PackedNetwork packed(network, {kernels::Tier::kAvx2, false});
  try {
    const Plan plan(packed, {224, 224}, 1);
  } catch (const Error& error) {
    if (error.code() == "INVALID_ARGUMENT") return;
  }
  fail("a plan may take any amount of memory");
}

}  // namespace

int64_t test_plans(Random& random, int repeats) {
  int64_t tested = 0;
  if (kernels::has_avx2()) test_greedy_plan();
  for (const Case& of : kCases) {
    if (!can_compute(of.tier, of.precision)) continue;
    for (int i = 0; i < repeats; ++i)
      if (test_plan(random, of)) ++tested;
  }
  return tested;
}
