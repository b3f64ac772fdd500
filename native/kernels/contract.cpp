#include "kernels/contract.h"

#include <cstdio>
#include <cstdlib>

namespace googlenet::kernels {

void contract_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: a kernel requires %s\n", file, line, condition);
  std::abort();
}

}  // namespace googlenet::kernels
