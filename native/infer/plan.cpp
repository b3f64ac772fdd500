#include "infer/plan.h"

#include <algorithm>

#include "infer/operations/operations.h"
#include "infer/tensor_layout.h"

namespace googlenet::infer {

namespace {

// Makes the operations of each phase from the layers of a network.
class OperationBuilder {
 public:
  OperationBuilder(const PackedNetwork& packed, const TensorLayout& layout)
      : packed_(packed),
        layout_(layout),
        set_(packed.settings.instruction_set),
        is_done_(packed.network.layers.size(), false) {}

  std::vector<Operations> build() {
    std::vector<Operations> phases(static_cast<size_t>(layout_.phase_count));
    for (size_t t = 0; t < layout_.maps.size(); ++t) {
      const int first = layout_.first_use[t];
      if (first < layout_.phase_count)
        phases[static_cast<size_t>(first)].push_back(clear_borders(layout_.maps[t]));
    }
    phases[0].push_back(read_image(set_, layout_.maps[0]));
    for (size_t i = 0; i < is_done_.size(); ++i)
      if (!is_done_[i]) phases[static_cast<size_t>(layout_.phases[i])].push_back(operation_of(i));
    return phases;
  }

 private:
  OperationPtr operation_of(size_t i) {
    const Layer& layer = layers()[i];
    const FeatureMap& input = map(layer.input);
    const FeatureMap& output = map(layer.output);
    const float input_scale = scale_of(layer.input), output_scale = scale_of(layer.output);
    switch (layer.kind) {
      case Layer::Kind::kMaxPool:
        return max_pool(set_, layer, input, output);
      case Layer::Kind::kAveragePool:
        return average_pool(set_, layer, input, output, input_scale, output_scale);
      case Layer::Kind::kLocalResponseNorm:
        return local_response_norm(set_, layer, input, output, input_scale, output_scale);
      case Layer::Kind::kConvolution:
        break;
    }
    const PackedConvolution& convolution = *packed_.convolutions[i];
    if (convolution.algorithm.winograd) return winograd_convolution(layer, convolution, input, output);
    if (convolution.algorithm.winograd_rows)
      return winograd_rows_convolution(layer, convolution, input, output);
    return direct_convolution(input, siblings_of(i));
  }

  // The layer and those behind it that can be computed with it.
  std::vector<Sibling> siblings_of(size_t i) {
    std::vector<Sibling> siblings;
    for (size_t j = i; j < layers().size(); ++j) {
      if (!are_siblings(i, j)) continue;
      is_done_[j] = true;
      siblings.push_back({layers()[j], &*packed_.convolutions[j], map(layers()[j].output)});
    }
    return siblings;
  }

  // Whether two layers are direct convolutions with the same input and window.
  bool are_siblings(size_t i, size_t j) const {
    const Layer& a = layers()[i];
    const Layer& b = layers()[j];
    const auto& of_b = packed_.convolutions[j];
    return of_b && of_b->algorithm.is_direct() && layout_.phases[i] == layout_.phases[j] &&
           a.input == b.input && a.kernel_size == b.kernel_size && a.stride == b.stride &&
           a.padding == b.padding;
  }

  float scale_of(int tensor) const {
    const bool is_quantized = map(tensor).dtype == kernels::DType::kUint8;
    return is_quantized ? packed_.network.tensors[static_cast<size_t>(tensor)].scale : 1;
  }

  const std::vector<Layer>& layers() const { return packed_.network.layers; }
  const FeatureMap& map(int tensor) const { return layout_.maps[static_cast<size_t>(tensor)]; }

  const PackedNetwork& packed_;
  const TensorLayout& layout_;
  const kernels::InstructionSet set_;
  std::vector<bool> is_done_;  // of each layer
};

}  // namespace

Plan::Plan(const PackedNetwork& packed, kernels::Size image, int threads) {
  const TensorLayout layout(packed, image);
  arena_bytes_ = layout.arena_bytes;
  phases_ = OperationBuilder(packed, layout).build();
  for (const Operations& operations : phases_) {
    auto& items = items_.emplace_back();
    ItemEnds& ends = item_ends_.emplace_back();
    for (const auto& operation : operations)
      workspace_bytes_ = std::max(workspace_bytes_, operation->workspace_bytes);
    for (int thread = 0; thread < threads; ++thread) {
      for (const WorkItem& item : items_of_thread(operations, thread, threads)) items.push_back(item);
      ends.push_back(static_cast<int>(items.size()));
    }
  }
  for (const int head : packed.network.heads)
    head_offsets_.push_back(layout.maps[static_cast<size_t>(head)].offset);
}

const float* Plan::head(const std::byte* arena, size_t index) const {
  return reinterpret_cast<const float*>(arena + head_offsets_[index]);
}

}  // namespace googlenet::infer
