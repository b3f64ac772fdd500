#pragma once

#include <cstdint>

namespace googlenet::kernels {

// A set of kernels to choose from, named after the widest instructions among them.
enum class InstructionSet { kAvx2, kAvx512, kAmx };

constexpr InstructionSet kInstructionSets[] = {InstructionSet::kAvx2, InstructionSet::kAvx512,
                                               InstructionSet::kAmx};

constexpr const char* name_of(InstructionSet set) {
  return set == InstructionSet::kAmx ? "amx" : set == InstructionSet::kAvx512 ? "avx512" : "avx2";
}

// Whether this processor has the instructions and the system lets us use them.
bool has_avx2();         // and FMA
bool has_avx512();       // F, BW, DQ and VL
bool has_avx512_vnni();  // and VNNI: dot products of int8
bool has_avx512_bf16();  // and VNNI and BF16: dot products of bfloat16
bool has_amx();          // and the tiles, for bfloat16 and int8

// Size of one core's second-level cache; a usual size where the system does not tell.
int64_t l2_cache_bytes();

}  // namespace googlenet::kernels
