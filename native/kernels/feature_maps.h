#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/cpu.h"
#include "kernels/dtype.h"
#include "kernels/strided_pointer.h"

namespace googlenet::kernels {

// Operations over rows of feature maps [height][width][channels] that are no convolutions.

// An image on its way into the first feature map: a value of channel c becomes value · scale[c] + shift[c].
struct ImageInput {
  Size size;
  float scale[3];
  float shift[3];
  StridedPointer output;
  int stored_channels;  // of a pixel in the output: 3, or 4, of which the last is zero
};

// Values of the input are zero or more, or NaN, which wins over all others; float32 values may be below zero.
struct MaxPool {
  StridedPointer input;
  Size input_size;
  StridedPointer output;
  int output_width;
  int channels;
  int kernel_size;  // 2 or 3
  int stride;
  int padding;  // at most half of the kernel size
};

struct AveragePool {
  StridedPointer input;
  Size input_size;
  StridedPointer output;
  Size output_size;
  int channels;
  int kernel_size, stride;  // kernel size 0: as torch::adaptive_avg_pool2d
  float scale;              // times the mean
};

constexpr int kMaxNormalizedChannels = 1024;

// torch::local_response_norm over 5 channels with an exponent of 0.75.
struct LocalResponseNorm {
  StridedPointer input;
  StridedPointer output;
  int width;
  int channels;  // at most kMaxNormalizedChannels
  float alpha, k;
  float input_scale, output_scale;  // a stored element times its scale is the value it stands for
};

// Each computes rows [first_row, last_row) of the output. Indexed by DType; null where there is none.
struct FeatureMapKernels {
  // From planes [3][height][width]. False where a value is NaN or infinite.
  bool (*read_float32_image[3])(const ImageInput& image, const float* planes, int first_row, int last_row);
  // From pixels [height][width][3].
  void (*read_uint8_image[3])(const ImageInput& image, const uint8_t* pixels, int first_row, int last_row);
  void (*max_pool[3])(const MaxPool& pool, int first_row, int last_row);
  void (*average_pool[3][3])(const AveragePool& pool, int first_row, int last_row);  // [input][output]
  void (*local_response_norm[3])(const LocalResponseNorm& norm, int first_row, int last_row);
};

extern const FeatureMapKernels kFeatureMapsAvx2;
extern const FeatureMapKernels kFeatureMapsAvx512;

// Throws UNSUPPORTED on processors of another family.
const FeatureMapKernels& feature_map_kernels(InstructionSet set);

// For KERNEL_REQUIRES: true, or aborts with what the call breaks. Sizes of elements are in bytes.
bool keeps_contract(const ImageInput& image, int64_t element_size, int first_row, int last_row);
bool keeps_contract(const MaxPool& pool, int64_t element_size, int first_row, int last_row);
bool keeps_contract(const AveragePool& pool, int64_t input_size, int64_t output_size, int first_row,
                    int last_row);
bool keeps_contract(const LocalResponseNorm& norm, int64_t element_size, int first_row, int last_row);

}  // namespace googlenet::kernels
