#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

// Prints `what` and ends the program unless the condition holds.
inline void require(bool holds, const std::string& what) {
  if (holds) return;
  std::fprintf(stderr, "%s\n", what.c_str());
  std::exit(1);
}

namespace googlenet {

// Each has its own file. test_max_pool runs `count` random cases and returns the number of compared elements.
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
