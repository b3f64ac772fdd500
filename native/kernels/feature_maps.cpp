#include "kernels/feature_maps.h"

#include "core/error.h"
#include "kernels/contract.h"

namespace googlenet::kernels {

namespace {

bool is_aligned(const StridedPointer& map, int64_t element_size) {
  return reinterpret_cast<uintptr_t>(map.data) % static_cast<uintptr_t>(element_size) == 0 &&
         map.row_stride % element_size == 0 && map.pixel_stride % element_size == 0;
}

bool are_rows(int first, int last) {
  return 0 <= first && first <= last;
}

// A pixel has its channels, and a row its pixels.
bool is_wide_enough(const StridedPointer& map, int width, int channels, int64_t element_size) {
  return map.pixel_stride >= channels * element_size && map.row_stride >= width * map.pixel_stride;
}

}  // namespace

const FeatureMapKernels& feature_map_kernels([[maybe_unused]] InstructionSet set) {
#ifdef __x86_64__
  return set == InstructionSet::kAvx2 ? kFeatureMapsAvx2 : kFeatureMapsAvx512;
#else
  throw core::Error("UNSUPPORTED", "Engines have no kernels for this processor.");
#endif
}

bool keeps_contract(const ImageInput& image, int64_t element_size, int first_row, int last_row) {
  KERNEL_REQUIRES(image.stored_channels == 3 || image.stored_channels == 4);
  KERNEL_REQUIRES(are_rows(first_row, last_row) && last_row <= image.size.height);
  KERNEL_REQUIRES(is_aligned(image.output, element_size));
  // The loops over a row write its pixels one behind the other.
  KERNEL_REQUIRES(image.output.pixel_stride == image.stored_channels * element_size);
  return true;
}

bool keeps_contract(const MaxPool& pool, int64_t element_size, int first_row, int last_row) {
  KERNEL_REQUIRES(pool.kernel_size == 2 || pool.kernel_size == 3);
  KERNEL_REQUIRES(pool.stride >= 1 && 0 <= pool.padding && pool.padding <= pool.kernel_size / 2);
  KERNEL_REQUIRES(pool.channels > 0 && pool.output_width > 0 && are_rows(first_row, last_row));
  // The last window starts inside of the feature map or its padding.
  KERNEL_REQUIRES((pool.output_width - 1) * pool.stride - pool.padding < pool.input_size.width);
  KERNEL_REQUIRES((last_row - 1) * pool.stride - pool.padding < pool.input_size.height);
  KERNEL_REQUIRES(is_aligned(pool.input, element_size) && is_aligned(pool.output, element_size));
  KERNEL_REQUIRES(is_wide_enough(pool.input, pool.input_size.width, pool.channels, element_size));
  KERNEL_REQUIRES(is_wide_enough(pool.output, pool.output_width, pool.channels, element_size));
  return true;
}

bool keeps_contract(const AveragePool& pool, int64_t input_size, int64_t output_size, int first_row,
                    int last_row) {
  KERNEL_REQUIRES(pool.kernel_size >= 0 && (pool.kernel_size == 0 || pool.stride >= 1));
  KERNEL_REQUIRES(pool.channels > 0 && pool.output_size.width > 0);
  KERNEL_REQUIRES(are_rows(first_row, last_row) && last_row <= pool.output_size.height);
  KERNEL_REQUIRES(is_aligned(pool.input, input_size) && is_aligned(pool.output, output_size));
  KERNEL_REQUIRES(is_wide_enough(pool.input, pool.input_size.width, pool.channels, input_size));
  KERNEL_REQUIRES(is_wide_enough(pool.output, pool.output_size.width, pool.channels, output_size));
  return true;
}

bool keeps_contract(const LocalResponseNorm& norm, int64_t element_size, int first_row, int last_row) {
  KERNEL_REQUIRES(0 < norm.channels && norm.channels <= kMaxNormalizedChannels);
  KERNEL_REQUIRES(norm.width > 0 && norm.output_scale > 0 && are_rows(first_row, last_row));
  KERNEL_REQUIRES(is_aligned(norm.input, element_size) && is_aligned(norm.output, element_size));
  KERNEL_REQUIRES(is_wide_enough(norm.input, norm.width, norm.channels, element_size));
  KERNEL_REQUIRES(is_wide_enough(norm.output, norm.width, norm.channels, element_size));
  return true;
}

}  // namespace googlenet::kernels
