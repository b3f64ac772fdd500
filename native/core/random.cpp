#include "core/random.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Functions.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <c10/util/Exception.h>

#include <cstring>
#include <mutex>

#include "core/error.h"

namespace googlenet::core {

namespace {

// The state of a CUDA generator: seed and offset.
constexpr size_t kPhiloxBytes = 16;

bool is_shared(const RandomSource& source) {
  return source.host == source.local;
}

at::Tensor state_of(at::Generator generator) {
  std::lock_guard lock(generator.mutex());
  return generator.get_state().contiguous();
}

void append(std::vector<uint8_t>& bytes, const at::Tensor& state) {
  const auto* data = state.const_data_ptr<uint8_t>();
  bytes.insert(bytes.end(), data, data + state.numel());
}

at::Tensor slice(const std::vector<uint8_t>& bytes, size_t begin, size_t count) {
  at::Tensor state = at::empty({static_cast<int64_t>(count)}, at::kByte);
  std::memcpy(state.mutable_data_ptr<uint8_t>(), bytes.data() + begin, count);
  return state;
}

void set_state(at::Generator& generator, const at::Tensor& state) {
  std::lock_guard lock(generator.mutex());
  generator.set_state(state);
}

// libtorch trusts the two positions in the state and would read out of bounds. Layout, as in
// CPUGeneratorImplStateLegacy: seed (8 bytes), left (4), seeded (4), next (8), 624 words of 8 bytes, and
// cached normal values.
void check_mersenne_twister(const std::vector<uint8_t>& state) {
  int32_t left = 0;
  int32_t seeded = 0;
  uint64_t next = 0;
  std::memcpy(&left, state.data() + 8, sizeof left);
  std::memcpy(&seeded, state.data() + 12, sizeof seeded);
  std::memcpy(&next, state.data() + 16, sizeof next);
  constexpr int32_t kWords = 624;
  if (seeded != 1 || left < 1 || left > kWords || next > kWords ||
      left + static_cast<int32_t>(next) > kWords + 1)
    throw Error("INVALID_CHECKPOINT", "The random state is damaged.");
}

// A run may move between CPU and CUDA. The device's state is loaded only if both have one.
bool has_local_state(const RandomSource& source, const std::vector<uint8_t>& state) {
  if (is_shared(source)) return false;
  return state.size() == static_cast<size_t>(state_of(source.host).numel() + state_of(source.local).numel());
}

// A device's generator knows which states are valid: tries the state on a copy of it.
void check_local(const RandomSource& source, const at::Tensor& state) {
  try {
    at::Generator copy = source.local.clone();
    set_state(copy, state);
  } catch (const c10::Error& error) {
    throw Error("INVALID_CHECKPOINT",
                "The random state of the device is damaged: " + first_line(error.what_without_backtrace()));
  }
}

}  // namespace

RandomSource make_random_source(c10::Device device, uint64_t seed) {
  RandomSource source;
  source.host = at::detail::createCPUGenerator(seed);
  source.local = device.is_cuda() ? at::detail::getCUDAHooks().getNewGenerator(device.index()) : source.host;
  manual_seed(source, seed);
  return source;
}

void manual_seed(RandomSource& source, uint64_t seed) {
  for (at::Generator* generator : {&source.host, &source.local}) {
    std::lock_guard lock(generator->mutex());
    generator->set_current_seed(seed);
  }
}

std::vector<uint8_t> save_state(const RandomSource& source) {
  std::vector<uint8_t> bytes;
  append(bytes, state_of(source.host));
  if (!is_shared(source)) append(bytes, state_of(source.local));
  return bytes;
}

void check_state(const RandomSource& source, const std::vector<uint8_t>& state) {
  const auto host_bytes = static_cast<size_t>(state_of(source.host).numel());
  if (state.size() != host_bytes && state.size() != host_bytes + kPhiloxBytes) {
    throw Error("INVALID_CHECKPOINT", "The random state has " + std::to_string(state.size()) +
                                          " bytes, expected " + std::to_string(host_bytes) + ", or " +
                                          std::to_string(kPhiloxBytes) + " more from CUDA.");
  }
  check_mersenne_twister(state);
  if (has_local_state(source, state))
    check_local(source, slice(state, host_bytes, state.size() - host_bytes));
}

void load_state(RandomSource& source, const std::vector<uint8_t>& state) {
  check_state(source, state);
  const auto host_bytes = static_cast<size_t>(state_of(source.host).numel());
  const at::Tensor host = slice(state, 0, host_bytes);
  // The device's first, because it may be refused; the host's was checked.
  if (has_local_state(source, state))
    set_state(source.local, slice(state, host_bytes, state.size() - host_bytes));
  set_state(source.host, host);
}

}  // namespace googlenet::core
