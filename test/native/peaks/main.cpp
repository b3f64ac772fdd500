// `instruction_peaks`: the most operations a nanosecond of one core, as JSON, by instruction set and type as
// an engine's describe() names them. They are those of the instructions that kernels consist of, when nothing
// but these limits it. Takes a tenth of a second for each.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include "kernels/cpu.h"
#include "peaks.h"

namespace {

using Round = double (*)();

// Finite as values of any type.
Noise make_noise() {
  Noise noise;
  uint32_t state = 1;
  const auto next = [&state](uint32_t fixed, uint32_t drawn) {
    state = state * 1664525 + 1013904223;
    return fixed | ((state ^ state >> 16) & drawn);
  };
  // Of either sign, between 2⁻⁷ and 2.
  for (auto& operand : noise.floats)
    for (uint32_t& value : operand) value = next(0x3c000000, 0x83ffffff);
  for (auto& operand : noise.pairs)
    for (uint32_t& pair : operand) pair = next(0x3c003c00, 0x83ff83ff);
  return noise;
}

double peak_of(Round round) {
  using Clock = std::chrono::steady_clock;
  // As long as a large convolution takes, so that what interrupts those interrupts these too; and often
  // enough for the clock of the core to become what these instructions leave of it.
  constexpr auto kSample = std::chrono::milliseconds(1);
  constexpr int kSamples = 100;
  std::vector<double> rates;
  for (int sample = 0; sample < kSamples; ++sample) {
    double operations = 0;
    const auto begin = Clock::now();
    while (Clock::now() - begin < kSample) operations += round();
    rates.push_back(operations / std::chrono::duration<double, std::nano>(Clock::now() - begin).count());
  }
  const auto middle = rates.begin() + static_cast<std::ptrdiff_t>(rates.size() / 2);
  std::nth_element(rates.begin(), middle, rates.end());
  return *middle;
}

}  // namespace

const Noise& noise() {
  static const Noise noise = make_noise();
  return noise;
}

int main() {
  using namespace googlenet::kernels;
  struct Peak {
    bool is_supported;
    const char* name;
    Round round;
  };
#ifdef __x86_64__
  const Peak peaks[] = {
      {has_avx2(), "avx2 float32", round_float32_avx2},
      {has_avx512(), "avx512 float32", round_float32_avx512},
      // Without BF16 its products are those of float32.
      {has_avx512(), "avx512 bfloat16", has_avx512_bf16() ? round_bfloat16_avx512 : round_float32_avx512},
      {has_avx512_vnni(), "avx512 int8", round_uint8_avx512},
      {has_amx(), "amx bfloat16", round_bfloat16_amx},
      {has_amx(), "amx int8", round_uint8_amx}};
#else
  const std::vector<Peak> peaks;
#endif
  std::string json;
  for (const auto& [is_supported, name, round] : peaks) {
    if (!is_supported) continue;
    json += (json.empty() ? "\"" : ", \"") + std::string(name) + "\": " + std::to_string(peak_of(round));
  }
  std::printf("{%s}\n", json.c_str());
  return 0;
}
