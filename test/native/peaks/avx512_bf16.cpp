#ifdef __x86_64__
#include "avx512.h"

double round_bfloat16_avx512() {
  return round_avx512(noise().pairs[0], 256, 4, [](__m512i a, __m512i b, __m512i sums) {
    return (__m512i)_mm512_dpbf16_ps((__m512)sums, (__m512bh)a, (__m512bh)b);
  });
}
#endif
