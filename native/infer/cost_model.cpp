#include "infer/cost_model.h"

#include <algorithm>

#include "kernels/tuning.h"

namespace googlenet::infer {

namespace {

using kernels::DType;
using kernels::InstructionSet;

double multiply_adds_per_nanosecond(const kernels::ConvKernel& kernel) {
  const bool is_bfloat16 = kernel.input == DType::kBfloat16;
  switch (kernel.instruction_set) {
    case InstructionSet::kAvx2:
      return tuning::kMultiplyAddsAvx2;
    case InstructionSet::kAvx512:
      if (kernel.input == DType::kFloat32) return tuning::kMultiplyAddsAvx512Float32;
      return is_bfloat16 ? tuning::kMultiplyAddsAvx512Bfloat16 : tuning::kMultiplyAddsAvx512Uint8;
    default:
      return is_bfloat16 ? tuning::kMultiplyAddsAmxBfloat16 : tuning::kMultiplyAddsAmxUint8;
  }
}

}  // namespace

double conv_cost(const kernels::ConvKernel& kernel, double multiply_adds, int64_t weight_bytes) {
  return std::max(multiply_adds / multiply_adds_per_nanosecond(kernel), memory_cost(weight_bytes));
}

double memory_cost(int64_t bytes) {
  return static_cast<double>(bytes) / tuning::kBytesPerNanosecond;
}

double pool_cost(int64_t output_bytes, int kernel_size) {
  return static_cast<double>(output_bytes * kernel_size * kernel_size) / tuning::kPooledBytesPerNanosecond;
}

bool splits_weights(int64_t weight_bytes, int64_t input_bytes) {
  return weight_bytes > tuning::kWeightsToInputRatio * input_bytes;
}

}  // namespace googlenet::infer
