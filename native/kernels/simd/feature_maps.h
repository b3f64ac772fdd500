#pragma once

#include "kernels/simd/average_pool.h"
#include "kernels/simd/image_input.h"
#include "kernels/simd/local_response_norm.h"
#include "kernels/simd/max_pool.h"

namespace googlenet::kernels {

namespace {

// All operations of feature_maps.h, with vectors of `kBytes`.
template <int kBytes>
constexpr FeatureMapKernels make_feature_map_kernels() {
  using enum DType;
  return {.read_float32_image = {read_float32_image<kFloat32>, read_float32_image<kBfloat16>, nullptr},
          .read_uint8_image = {read_uint8_image<kFloat32>, read_uint8_image<kBfloat16>, nullptr},
          .max_pool = {max_pool<kFloat32, kBytes>, max_pool<kBfloat16, kBytes>, max_pool<kUint8, kBytes>},
          .average_pool = {{average_pool<kFloat32, kFloat32>, average_pool<kFloat32, kBfloat16>,
                            average_pool<kFloat32, kUint8>},
                           {average_pool<kBfloat16, kFloat32>, average_pool<kBfloat16, kBfloat16>,
                            average_pool<kBfloat16, kUint8>},
                           {average_pool<kUint8, kFloat32>, average_pool<kUint8, kBfloat16>,
                            average_pool<kUint8, kUint8>}},
          .local_response_norm = {local_response_norm<kFloat32>, local_response_norm<kBfloat16>,
                                  local_response_norm<kUint8>}};
}

}  // namespace

}  // namespace googlenet::kernels
