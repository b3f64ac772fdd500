#include "kernels/simd/feature_maps.h"

namespace googlenet::kernels {

constexpr FeatureMapKernels kFeatureMapsAvx512 = make_feature_map_kernels<64>();

}  // namespace googlenet::kernels
