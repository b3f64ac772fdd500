#include "kernels/simd/feature_maps.h"

namespace googlenet::kernels {

constexpr FeatureMapKernels kFeatureMapsAvx2 = make_feature_map_kernels<32>();

}  // namespace googlenet::kernels
