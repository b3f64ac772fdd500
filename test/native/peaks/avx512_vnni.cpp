#ifdef __x86_64__
#include "avx512.h"

double round_uint8_avx512() {
  return round_avx512(noise().pairs[0], 256, 8,
                      [](__m512i a, __m512i b, __m512i sums) { return _mm512_dpbusd_epi32(sums, a, b); });
}
#endif
