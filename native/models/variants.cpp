#include "models/variants.h"

#include <map>

#include "core/error.h"

namespace googlenet {

GoogLeNetSpec spec_of(const std::string& variant) {
  static const std::map<std::string, GoogLeNetSpec (*)()> specs = {
      {"reference", reference_spec},
      {"torchvision", torchvision_spec},
      {"paper", paper_spec},
      {"plain", plain_spec},
  };
  const auto found = specs.find(variant);
  if (found == specs.end())
    throw Error("INVALID_ARGUMENT", "There is no variant '" + variant + "' of GoogLeNet.");
  return found->second();
}

}  // namespace googlenet
