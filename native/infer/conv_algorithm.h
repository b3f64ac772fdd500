#pragma once

#include <vector>

#include "infer/network.h"
#include "kernels/convolution.h"
#include "kernels/winograd.h"
#include "kernels/winograd_rows.h"

namespace googlenet::infer {

struct Settings {
  kernels::InstructionSet instruction_set;
  bool winograd;  // where it is faster
};

// How a convolution is computed. Direct where both are null.
struct ConvAlgorithm {
  const kernels::WinogradKernel* winograd = nullptr;
  const kernels::WinogradRowsKernel* winograd_rows = nullptr;

  bool is_direct() const { return winograd == nullptr && winograd_rows == nullptr; }
};

// Of each layer. Throws INVALID_SHAPE for networks that no image of the usual size fits through.
std::vector<ConvAlgorithm> choose_algorithms(const Network& network, const Settings& settings);

}  // namespace googlenet::infer
