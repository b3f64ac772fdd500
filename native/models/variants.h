#pragma once

#include <string>

#include "models/googlenet.h"

// Every form of GoogLeNet, a line each: `variants/<name>.cpp` defines its `<name>::spec()`.
// clang-format off
#define GOOGLENET_VARIANTS(variant) \
  variant(reference) \
  variant(torchvision) \
  variant(paper) \
  variant(plain) \
// clang-format on

namespace googlenet::models {

#define GOOGLENET_DECLARE(name) \
  namespace name {              \
  GoogLeNetSpec spec();         \
  }
GOOGLENET_VARIANTS(GOOGLENET_DECLARE)
#undef GOOGLENET_DECLARE

// Throws INVALID_ARGUMENT for a name that is none of a variant.
GoogLeNetSpec spec_of(const std::string& variant);

}  // namespace googlenet::models
