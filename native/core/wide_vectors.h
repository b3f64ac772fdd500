#pragma once

// Behind the instructions of AVX-512 in a `target` attribute: GCC would make loops of 32 bytes otherwise.
// clang knows no such wish there.
#ifdef __clang__
#define WITH_WIDE_VECTORS ""
#else
#define WITH_WIDE_VECTORS ",prefer-vector-width=512"
#endif
