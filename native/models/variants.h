#pragma once

#include <string>

#include "models/googlenet.h"

// The variants of GoogLeNet, one per line: `variants/<name>.cpp` defines `<name>::spec()`.
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

// Throws INVALID_ARGUMENT if there is no such variant.
GoogLeNetSpec spec_of(const std::string& variant);

}  // namespace googlenet::models
