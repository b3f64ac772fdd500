#pragma once

#include <string>

#include "models/googlenet.h"

namespace googlenet {

// One for each file under variants/.
GoogLeNetSpec reference_spec();
GoogLeNetSpec torchvision_spec();
GoogLeNetSpec paper_spec();
GoogLeNetSpec plain_spec();

// Throws INVALID_ARGUMENT for a name that is none of a variant.
GoogLeNetSpec spec_of(const std::string& variant);

}  // namespace googlenet
