#include "models/variants.h"

#include "core/error.h"

namespace googlenet::models {

GoogLeNetSpec spec_of(const std::string& variant) {
#define GOOGLENET_RETURN(name) \
  if (variant == #name) return name::spec();
  GOOGLENET_VARIANTS(GOOGLENET_RETURN)
#undef GOOGLENET_RETURN
  throw core::Error("INVALID_ARGUMENT", "There is no variant '" + variant + "' of GoogLeNet.");
}

}  // namespace googlenet::models
