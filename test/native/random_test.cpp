// The state of a model's random numbers is loaded entirely or not at all.
#include "core/random.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/ops/empty.h>
#include <c10/util/Exception.h>

#include <cstring>

#include "core/error.h"
#include "tests.h"

namespace googlenet::core {

namespace {

// With the state of CUDA's generator: a seed, and an offset that must be a multiple of four.
class Philox : public c10::GeneratorImpl {
 public:
  Philox() : GeneratorImpl(c10::Device(c10::kCPU), c10::DispatchKeySet(c10::DispatchKey::CPU)) {}

  void set_current_seed(uint64_t seed) override { state_[0] = seed; }
  uint64_t current_seed() const override { return state_[0]; }
  uint64_t seed() override { return state_[0]; }
  uint64_t get_offset() const override { return state_[1]; }
  void set_offset(uint64_t offset) override {
    TORCH_CHECK(offset % 4 == 0, "offset must be a multiple of 4");
    state_[1] = offset;
  }
  void set_state(const c10::TensorImpl& state) override {
    uint64_t read[2];
    std::memcpy(read, state.data(), sizeof(read));
    set_offset(read[1]);
    set_current_seed(read[0]);
  }
  c10::intrusive_ptr<c10::TensorImpl> get_state() const override {
    const at::Tensor state = at::empty({sizeof(state_)}, at::kByte);
    std::memcpy(state.mutable_data_ptr(), state_, sizeof(state_));
    return state.getIntrusivePtr();
  }

 private:
  Philox* clone_impl() const override {
    auto* copy = new Philox;
    std::memcpy(copy->state_, state_, sizeof(state_));
    return copy;
  }

  uint64_t state_[2] = {};
};

RandomSource on_device(uint64_t seed) {
  RandomSource source = {at::detail::createCPUGenerator(seed), at::make_generator<Philox>()};
  manual_seed(source, seed);
  return source;
}

bool is_refused(RandomSource source, const std::vector<uint8_t>& state,
                void (*use)(RandomSource&, const std::vector<uint8_t>&)) {
  try {
    use(source, state);
  } catch (const Error& error) {
    return error.code() == "INVALID_CHECKPOINT";
  }
  return false;
}

}  // namespace

void test_random() {
  RandomSource source = on_device(1);
  const std::vector<uint8_t> before = save_state(source), other = save_state(on_device(2));
  std::vector<uint8_t> damaged = other;
  damaged[damaged.size() - 8] = 3;  // the offset of the device's generator
  const auto check = [](RandomSource& of, const std::vector<uint8_t>& state) { check_state(of, state); };
  require(is_refused(source, damaged, check), "check_state finds a state that the device refuses");
  require(is_refused(source, damaged, load_state), "a state that the device refuses is not loaded");
  require(save_state(source) == before, "a refused state leaves the host's generator unchanged");
  check_state(source, other);
  require(save_state(source) == before, "a check changes nothing");
  load_state(source, other);
  require(save_state(source) == other, "a valid state is loaded");
}

}  // namespace googlenet::core
