#pragma once

#include "kernels/contract.h"
#include "kernels/feature_maps.h"
#include "kernels/simd/elements.h"
#include "kernels/tuning.h"

namespace googlenet::kernels {

namespace {

struct Span {
  int begin;
  int end;
};

ALWAYS_INLINE Span kernel_span(int index, int kernel_size, int stride, int inputs, int outputs) {
  if (kernel_size > 0) return {index * stride, min(index * stride + kernel_size, inputs)};
  return {index * inputs / outputs, ((index + 1) * inputs + outputs - 1) / outputs};
}

template <DType kFrom, DType kTo>
void average_pool(const AveragePool& a, int first_row, int last_row) {
  KERNEL_REQUIRES(keeps_contract(a, kSizeOf<kFrom>, kSizeOf<kTo>, first_row, last_row));
  constexpr int kChannels = tuning::kAveragePoolChannels;
  for (int y = first_row; y < last_row; ++y) {
    const Span rows = kernel_span(y, a.kernel_size, a.stride, a.input_size.height, a.output_size.height);
    for (int x = 0; x < a.output_size.width; ++x) {
      const Span columns = kernel_span(x, a.kernel_size, a.stride, a.input_size.width, a.output_size.width);
      const float scale =
          a.scale / static_cast<float>((rows.end - rows.begin) * (columns.end - columns.begin));
      auto* out = pixel_at<TypeOf<kTo>>(a.output, y, x);
      for (int first = 0; first < a.channels; first += kChannels) {
        const int count = min(kChannels, a.channels - first);
        float sums[kChannels] = {};
        for (int in_y = rows.begin; in_y < rows.end; ++in_y) {
          for (int in_x = columns.begin; in_x < columns.end; ++in_x) {
            const auto* in = pixel_at<const TypeOf<kFrom>>(a.input, in_y, in_x) + first;
            for (int c = 0; c < count; ++c) sums[c] += Element<kFrom>::widen(in[c]);
          }
        }
        for (int c = 0; c < count; ++c) out[first + c] = Element<kTo>::narrow(sums[c] * scale);
      }
    }
  }
}

}  // namespace

}  // namespace googlenet::kernels
