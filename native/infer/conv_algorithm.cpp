#include "infer/conv_algorithm.h"

#include <algorithm>

#include "kernels/tuning.h"

namespace googlenet::infer {

namespace {

using kernels::InstructionSet;
using kernels::Size;
using kernels::WinogradKernel;
using kernels::WinogradRowsKernel;

const WinogradKernel* choose_winograd(InstructionSet set, const Layer& layer, Size input) {
  const int size = std::min(input.height, input.width);
  const bool keeps_size = layer.stride == 1 && layer.padding == layer.kernel_size / 2;
  if (!keeps_size || size < tuning::kMinWinogradSize) return nullptr;
  const WinogradKernel* best = nullptr;
  for (const WinogradKernel& kernel : kernels::winograd_kernels(set)) {
    if (kernel.kernel_size != layer.kernel_size) continue;
    best = &kernel;
    if (size >= tuning::kMinLargeWinogradTileSize) break;
  }
  return best;
}

const WinogradRowsKernel* choose_winograd_rows(InstructionSet set, const Layer& layer, int inputs) {
  const bool fits = layer.kernel_size == kernels::kRowsKernelSize && layer.stride == kernels::kRowsStride &&
                    layer.padding == kernels::kRowsPadding && inputs <= kernels::kRowsMaxInputs;
  return fits ? kernels::winograd_rows_kernel(set) : nullptr;
}

}  // namespace

std::vector<ConvAlgorithm> choose_algorithms(const Network& network, const Settings& settings) {
  const std::vector<Size> sizes = tensor_sizes(network, {tuning::kUsualImageSize, tuning::kUsualImageSize});
  std::vector<ConvAlgorithm> algorithms(network.layers.size());
  if (!settings.winograd || network.precision != Precision::kFloat32) return algorithms;
  for (size_t i = 0; i < algorithms.size(); ++i) {
    const Layer& layer = network.layers[i];
    const auto input = static_cast<size_t>(layer.input);
    if (layer.kind != Layer::Kind::kConvolution) continue;
    algorithms[i] = {choose_winograd(settings.instruction_set, layer, sizes[input]),
                     choose_winograd_rows(settings.instruction_set, layer, network.tensors[input].channels)};
  }
  return algorithms;
}

}  // namespace googlenet::infer
