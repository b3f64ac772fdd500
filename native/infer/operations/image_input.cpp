#include <algorithm>
#include <cstring>

#include "infer/cost_model.h"
#include "infer/operations/operations.h"
#include "kernels/feature_maps.h"
#include "kernels/tuning.h"

namespace googlenet::infer {

namespace {

// Borders are zeros in each run, because the memory of the arena is used again.
class ClearBorders : public Operation {
 public:
  explicit ClearBorders(const FeatureMap& map) : map_(map) {
    kernel = "memset";
    units = map.size.height;
    cost = memory_cost(map.before + map.after +
                       (map.pitch - map.size.width) * map.size.height * map.pixel_bytes());
  }
  // Units are rows; the first one includes what is in front of the feature map, the last one what is behind
  // it.
  void run(const InferenceContext& context, Workspace&, int first, int last) const override {
    std::byte* map = context.arena + map_.offset;
    const int64_t row = map_.row_bytes();
    const auto side = static_cast<size_t>((map_.pitch - map_.size.width) * map_.pixel_bytes());
    if (first == 0) std::memset(map - map_.before, 0, static_cast<size_t>(map_.before));
    for (int y = first; side > 0 && y < last; ++y) std::memset(map + (y + 1) * row - side, 0, side);
    if (last == map_.size.height)
      std::memset(map + map_.size.height * row, 0, static_cast<size_t>(map_.after));
  }

 private:
  FeatureMap map_;
};

class ReadImage : public Operation {
 public:
  ReadImage(kernels::InstructionSet set, const FeatureMap& map)
      : kernels_(kernels::feature_map_kernels(set)), map_(map) {
    name = "image";
    kernel = "read";
    units = map.size.height;
    cost = memory_cost(tuning::kImageBytesPerPixel * map.size.height * map.size.width);
  }
  void run(const InferenceContext& context, Workspace&, int first, int last) const override {
    kernels::ImageInput image = {map_.size, {}, {}, map_.in(context.arena), map_.channels};
    std::copy_n(context.scale, 3, image.scale);
    std::copy_n(context.shift, 3, image.shift);
    const auto dtype = static_cast<size_t>(map_.dtype);
    if (context.is_uint8) {
      kernels_.read_uint8_image[dtype](image, static_cast<const uint8_t*>(context.pixels), first, last);
    } else if (!kernels_.read_float32_image[dtype](image, static_cast<const float*>(context.pixels), first,
                                                   last)) {
      context.is_finite->store(false, std::memory_order_relaxed);
    }
  }

 private:
  const kernels::FeatureMapKernels& kernels_;
  FeatureMap map_;
};

}  // namespace

OperationPtr clear_borders(const FeatureMap& map) {
  return std::make_unique<ClearBorders>(map);
}

OperationPtr read_image(kernels::InstructionSet set, const FeatureMap& map) {
  return std::make_unique<ReadImage>(set, map);
}

}  // namespace googlenet::infer
