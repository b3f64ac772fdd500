#include "infer/network.h"

#include "core/error.h"

namespace googlenet::infer {

namespace {

int pooled_size(int size, const Layer& layer) {
  const int past = size + 2 * layer.padding - layer.kernel_size + (layer.ceil ? layer.stride - 1 : 0);
  if (past < 0) return 0;
  int count = past / layer.stride + 1;
  // The last window must start inside of the feature map or its padding.
  if (layer.ceil && (count - 1) * layer.stride >= size + layer.padding) --count;
  return count;
}

kernels::Size output_size(const Layer& layer, kernels::Size input) {
  if (layer.kind == Layer::Kind::kLocalResponseNorm) return input;
  if (layer.kernel_size == 0) return {layer.output_size, layer.output_size};
  return {pooled_size(input.height, layer), pooled_size(input.width, layer)};
}

}  // namespace

std::vector<kernels::Size> tensor_sizes(const Network& network, kernels::Size image) {
  std::vector<kernels::Size> sizes(network.tensors.size(), kernels::Size{0, 0});
  sizes[0] = image;
  for (const Layer& layer : network.layers) {
    const kernels::Size size = output_size(layer, sizes[layer.input]);
    kernels::Size& known = sizes[layer.output];
    const bool is_new = known.height == 0;
    if (size.height < 1 || size.width < 1 || (!is_new && !(known == size)))
      throw core::Error("INVALID_SHAPE", "Images of this size do not fit through " + layer.name + ".");
    known = size;
  }
  for (const int head : network.heads) {
    if (sizes[head].height != 1 || sizes[head].width != 1)
      throw core::Error("INVALID_SHAPE", "Images of this size leave more than one row of logits.");
  }
  return sizes;
}

int64_t weight_count(const Network& network, const Layer& layer) {
  return int64_t{layer.outputs} * network.tensors[layer.input].channels * layer.kernel_size *
         layer.kernel_size;
}

int64_t weight_size(const Network& network, const Layer& layer) {
  if (network.precision == Precision::kFloat32) return 4;
  return network.precision == Precision::kInt8 && network.tensors[layer.input].scale > 0 ? 1 : 2;
}

}  // namespace googlenet::infer
