// `engine_tests [seed] [repeats] [maps|convolutions|plans|engines …]`: the parts of engines against plain
// loops, over cases drawn from the seed. Says how many, or what is wrong.
#include <cstdio>
#include <cstdlib>
#include <set>

#include "tests.h"

int main(int count, char** arguments) {
  const uint64_t seed = count > 1 ? std::strtoull(arguments[1], nullptr, 10) : 0;
  const int repeats = count > 2 ? std::atoi(arguments[2]) : 50;
  const std::set<std::string> wanted(arguments + (count > 3 ? 3 : count), arguments + count);
  const struct {
    const char* name;
    int64_t (*test)(Random&, int);
  } tests[] = {{"maps", test_maps},
               {"convolutions", test_convolutions},
               {"plans", test_plans},
               {"engines", test_engines}};
  for (const auto& [name, test] : tests) {
    if (!wanted.empty() && !wanted.contains(name)) continue;
    Random random(seed);
    const auto tested = static_cast<long long>(test(random, repeats));
    if (tested == 0) fail(std::string(name) + ": nothing was tested");
    std::printf("%s: %lld cases\n", name, tested);
  }
  return 0;
}
