#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

// Ends the program with a sentence where something does not hold.
inline void require(bool holds, const std::string& what) {
  if (holds) return;
  std::fprintf(stderr, "%s\n", what.c_str());
  std::exit(1);
}

namespace googlenet {

// Each has a file. `test_max_pool` tries so many random cases and returns how many numbers it has compared.
namespace nn {
int64_t test_max_pool(int count);
}
namespace core {
void test_queue();
void test_random();
}  // namespace core
namespace train {
void test_sgd();
}
namespace lowering {
void test_lowering();
}

}  // namespace googlenet
