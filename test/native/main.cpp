// `googlenet_tests [cases]`: tests what the public API does not reach. Prints the number of compared
// elements, or the first failure and exits with 1.
#include <torch/types.h>

#include <cstdio>
#include <cstdlib>

#include "tests.h"

int main(int, char** arguments) {
  torch::manual_seed(1);
  googlenet::core::test_queue();
  googlenet::core::test_random();
  googlenet::train::test_sgd();
  googlenet::lowering::test_lowering();
  const int64_t compared =
      googlenet::nn::test_max_pool(arguments[1] == nullptr ? 400 : std::atoi(arguments[1]));
  std::printf("%lld elements compared\n", static_cast<long long>(compared));
}
