// The kernels of AMX with tiles in memory. Compiled with the flags of AMX, so it includes nothing but them.
#ifdef __x86_64__
#include <immintrin.h>

#include "amx_in_memory.h"
#include "kernels/cpu.h"

#undef _tile_loadd
#undef _tile_stored
#undef _tile_zero
#undef _tile_dpbf16ps
#undef _tile_dpbusd
#define _tile_loadconfig tiles::load_config
#define _tile_release tiles::release
#define _tile_zero tiles::zero
#define _tile_loadd tiles::load
#define _tile_stored tiles::store
#define _tile_dpbf16ps tiles::multiply_bfloat16
#define _tile_dpbusd tiles::multiply_int8
#define has_amx tiles::has_what_else_amx_kernels_need
#include "kernels/amx/conv.cpp"
#endif
