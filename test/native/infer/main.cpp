// `engine_tests [seed] [repeats] [feature-maps|convolutions|plans|engines …]`: compares the parts of
// engines with plain loops, over cases drawn from the seed. Prints how many, or what is wrong.
#include <cstdio>
#include <cstdlib>
#include <set>

#include "tests.h"

int main(int count, char** arguments) {
  const uint64_t seed = count > 1 ? std::strtoull(arguments[1], nullptr, 10) : 0;
  const int repeats = count > 2 ? std::atoi(arguments[2]) : 50;
  const std::set<std::string> chosen(arguments + (count > 3 ? 3 : count), arguments + count);
  const struct {
    const char* name;
    int64_t (*test)(Random&, int);
  } tests[] = {{"feature-maps", test_feature_maps},
               {"convolutions", test_convolutions},
               {"plans", test_plans},
               {"engines", test_engines}};
  for (const auto& [name, test] : tests) {
    if (!chosen.empty() && !chosen.contains(name)) continue;
    Random random(seed);
    const auto tested = static_cast<long long>(test(random, repeats));
    if (tested == 0) fail(std::string(name) + ": nothing was tested");
    std::printf("%s: %lld cases\n", name, tested);
  }
  return 0;
}
