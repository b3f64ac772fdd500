#pragma once

// Follows the AVX-512 instruction sets in a `target` attribute: GCC would vectorize loops with 32 bytes
// otherwise. clang does not accept the option there.
#ifdef __clang__
#define WITH_WIDE_VECTORS ""
#else
#define WITH_WIDE_VECTORS ",prefer-vector-width=512"
#endif
