// Sends many requests from several threads at once and cancels some: the others get their own logits, and an
// engine ends whenever it is asked to. Made for ThreadSanitizer.
#include "infer/engine.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <cstring>
#include <thread>

#include "core/error.h"
#include "networks.h"
#include "tests.h"

using namespace googlenet;
using namespace googlenet::infer;

namespace {

// Counts requests until all are answered.
class Answers {
 public:
  void expect() { ++pending_; }
  void arrive() {
    const std::lock_guard lock(mutex_);
    if (--pending_ == 0) all_.notify_all();
  }
  void wait() {
    std::unique_lock lock(mutex_);
    all_.wait(lock, [this] { return pending_ == 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable all_;
  std::atomic<int> pending_{0};
};

struct Sent {
  std::shared_ptr<Request> request;
  std::vector<double> expected;  // of the first head, image by image
  std::exception_ptr error;
};

std::shared_ptr<Request> draw_request(Random& random, const Network& network, kernels::Size size) {
  auto request = std::make_shared<Request>();
  request->is_uint8 = false;
  request->size = size;
  request->count = random.in(1, 5);
  for (int c = 0; c < 3; ++c) {
    request->scale[c] = 1;
    request->shift[c] = 0;
  }
  std::vector<float> pixels(static_cast<size_t>(request->count * 3 * size.height * size.width));
  for (float& pixel : pixels) pixel = random.normal();
  request->pixels.resize(pixels.size() * 4);
  std::memcpy(request->pixels.data(), pixels.data(), pixels.size() * 4);
  for (const int head : network.heads) {
    const int classes = network.tensors[static_cast<size_t>(head)].channels;
    request->logits.push_back(std::make_unique<float[]>(static_cast<size_t>(request->count * classes)));
  }
  return request;
}

std::vector<double> expected_of(const Network& network, const Request& request) {
  std::vector<double> all;
  const size_t plane = static_cast<size_t>(request.size.height * request.size.width), values = 3 * plane;
  for (int i = 0; i < request.count; ++i) {
    std::vector<double> pixels;
    for (size_t p = 0; p < values; ++p) {
      const auto value = load_as<float>(request.pixels.data() + (static_cast<size_t>(i) * values + p) * 4);
      pixels.push_back(double{value} * network.image_scale[p / plane] + network.image_shift[p / plane]);
    }
    const auto logits = compute(network, request.size, pixels)[0];
    all.insert(all.end(), logits.begin(), logits.end());
  }
  return all;
}

// False for a network that such images are too small for.
bool test_engine(Random& random) {
  const kernels::InstructionSet set =
      kernels::has_avx512() ? kernels::InstructionSet::kAvx512 : kernels::InstructionSet::kAvx2;
  const RandomNetwork drawn = draw_network(random, Precision::kFloat32);
  const Network& network = drawn.network;
  const kernels::Size sizes[] = {{13, 9}, {10, 14}};
  try {
    for (const kernels::Size size : sizes) tensor_sizes(network, size);
  } catch (const core::Error&) {
    return false;
  }
  Answers answers;
  answers.expect();
  const bool forgets = random.maybe();
  const std::chrono::milliseconds keep_memory(forgets ? 1 : 60'000);
  const Engine::Options options = {{set, random.maybe()}, random.in(1, 3), random.in(1, 9), keep_memory};
  auto engine = std::make_unique<Engine>(network, options, [&](const std::exception_ptr& error) {
    if (error) fail("an engine could not be made");
    answers.arrive();
  });

  std::vector<Sent> sent(static_cast<size_t>(random.in(1, 12)));
  for (Sent& one : sent) {
    one.request = draw_request(random, network, random.one_of(sizes));
    one.expected = expected_of(network, *one.request);
    answers.expect();
    one.request->on_done = [&](const std::exception_ptr& error) {
      one.error = error;
      answers.arrive();
    };
  }
  std::vector<bool> cancels, rests;
  for (size_t i = 0; i < sent.size(); ++i) {
    cancels.push_back(random.in(0, 3) == 0);
    rests.push_back(random.in(0, 7) == 0);
  }
  const auto send = [&](size_t first) {
    for (size_t i = first; i < sent.size(); i += 2) {
      if (rests[i]) std::this_thread::sleep_for(std::chrono::milliseconds(2));  // until all threads sleep
      if (i % 3 != 0) engine->wake();
      if (!engine->submit(sent[i].request)) fail("an engine does not take a request");
      if (cancels[i]) engine->cancel(sent[i].request);
    }
  };
  std::thread other(send, 1);
  send(0);
  other.join();
  if (random.maybe()) engine->close();
  engine->wake();
  answers.wait();
  for (size_t i = 0; i < sent.size(); ++i) {
    const auto& [request, expected, error] = sent[i];
    if (error) {
      if (!cancels[i]) fail("a request failed that nobody cancelled");
      continue;
    }
    for (size_t k = 0; k < expected.size(); ++k) {
      const double found = request->logits[0][k];
      if (!(std::abs(found - expected[k]) <= 1e-4 * (std::abs(expected[k]) + 1)))
        fail("an engine: expected " + std::to_string(expected[k]) + " but got " + std::to_string(found));
    }
  }
  // Memory of feature maps goes when there has been no work for a while, and comes back with the next image.
  while (forgets && engine->working_bytes() > 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  // In the middle of work, whose callbacks may or may not come.
  if (random.maybe()) {
    const auto late = draw_request(random, network, sizes[0]);
    late->on_done = [](const std::exception_ptr&) {};
    engine->submit(late);
  }
  engine.reset();
  return true;
}

}  // namespace

int64_t test_engines(Random& random, int repeats) {
  int64_t tested = 0;
  for (int i = 0; i < repeats; ++i)
    if (test_engine(random)) ++tested;
  return tested;
}
