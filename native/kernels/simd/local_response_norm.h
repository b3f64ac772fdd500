#pragma once

#include "kernels/contract.h"
#include "kernels/feature_maps.h"
#include "kernels/simd/elements.h"

namespace googlenet::kernels {

namespace {

// x / (k + alpha / 5 · Σ x²)^0.75, the sum over five neighbouring channels.
template <DType kDType>
void local_response_norm(const LocalResponseNorm& n, int first_row, int last_row) {
  KERNEL_REQUIRES(keeps_contract(n, kSizeOf<kDType>, first_row, last_row));
  constexpr int kAround = 2;
  float squares[kMaxNormalizedChannels + 2 * kAround] = {};
  for (int y = first_row; y < last_row; ++y) {
    for (int x = 0; x < n.width; ++x) {
      const auto* in = pixel_at<const TypeOf<kDType>>(n.input, y, x);
      auto* out = pixel_at<TypeOf<kDType>>(n.output, y, x);
      for (int c = 0; c < n.channels; ++c) {
        const float value = Element<kDType>::widen(in[c]) * n.input_scale;
        squares[kAround + c] = value * value;
      }
      for (int c = 0; c < n.channels; ++c) {
        const float sum = squares[c] + squares[c + 1] + squares[c + 2] + squares[c + 3] + squares[c + 4];
        const float root = __builtin_sqrtf(n.k + n.alpha / 5 * sum);
        const float value = Element<kDType>::widen(in[c]) * n.input_scale / (root * __builtin_sqrtf(root));
        out[c] = Element<kDType>::narrow(value / n.output_scale);
      }
    }
  }
}

}  // namespace

}  // namespace googlenet::kernels
