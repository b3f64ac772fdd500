#pragma once

#include <cstddef>
#include <cstdint>

// What the intrinsics of AMX do, on tiles in memory.
namespace tiles {

void load_config(const void* config);
void release();
void zero(int index);
void load(int index, const void* from, int64_t stride);
void store(int index, void* to, int64_t stride);
void multiply_bfloat16(int sums, int a, int b);
void multiply_int8(int sums, int a, int b);

// In place of has_amx().
bool has_what_else_amx_kernels_need();

}  // namespace tiles
