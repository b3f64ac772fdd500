#pragma once

#include <cstdint>

// Rounds of instructions that work on registers only, for each instruction set a file with its flags. Each
// keeps as many sums as the latency of an instruction needs, and returns its operations, a multiply-add
// counted as two.
double round_float32_avx2();
double round_float32_avx512();
double round_bfloat16_avx512();
double round_uint8_avx512();
double round_bfloat16_amx();
double round_uint8_amx();

// Operands of the multiplications. They differ from instruction to instruction, as they do in an image: a
// core that multiplies ones or zeros needs less power, and runs faster.
constexpr int kOperands = 8;

struct alignas(64) Noise {
  uint32_t floats[kOperands][16];
  uint32_t pairs[kOperands][256];  // of bfloat16, or four bytes
};

const Noise& noise();
