#pragma once

#include <ATen/core/Generator.h>
#include <c10/core/Device.h>

#include <cstdint>
#include <vector>

namespace googlenet::core {

// A model's own random numbers: seeded, saved and restored with the model, and independent of other models in
// the process. On the CPU both are one generator, so a model behaves as after torch.manual_seed(seed).
struct RandomSource {
  at::Generator host;   // draws the initial weights, on the CPU as Python does before `.to(device)`
  at::Generator local;  // draws dropout masks, on the model's device
};

RandomSource make_random_source(c10::Device device, uint64_t seed);
void manual_seed(RandomSource& source, uint64_t seed);

std::vector<uint8_t> save_state(const RandomSource& source);
// Throws INVALID_CHECKPOINT for a state that cannot be resumed from.
void check_state(const RandomSource& source, const std::vector<uint8_t>& state);
void load_state(RandomSource& source, const std::vector<uint8_t>& state);

}  // namespace googlenet::core
