#pragma once

#include <cstdint>

#include "random.h"

// Each ends the program with a sentence where something is wrong, and returns how many cases it has tried.
int64_t test_convolutions(Random& random, int repeats);
int64_t test_feature_maps(Random& random, int repeats);
int64_t test_plans(Random& random, int repeats);
int64_t test_engines(Random& random, int repeats);
