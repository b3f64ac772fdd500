#ifdef __x86_64__
#include "avx512.h"

double round_float32_avx512() {
  return round_avx512(noise().floats[0], 16, 2, [](__m512i a, __m512i b, __m512i sums) {
    return (__m512i)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)sums);
  });
}
#endif
