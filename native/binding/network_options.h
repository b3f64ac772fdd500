#pragma once

#include <optional>

#include "binding/options.h"
#include "infer/network.h"

namespace googlenet::binding {

// A network whose layers point into `weights`, a Uint8Array that must stay alive and private.
struct BorrowedNetwork {
  infer::Network network;
  Napi::Object weights;
};

// { network, weights }, validated, so that running it is safe whatever a file contained. To be read after all
// other options.
BorrowedNetwork read_network(const Options& options);

// The option `precision`, and a precision by its name. Throw INVALID_ARGUMENT.
infer::Precision read_precision(const Options& options);
infer::Precision precision_named(const std::string& name);

// { height, width } of an image, and the same of two dimensions of its shape. Throw INVALID_SHAPE.
kernels::Size read_size(const Options& options);
kernels::Size to_size(int64_t height, int64_t width);

// Offsets, in bytes, of the tensors of a convolution in the weights.
struct LayerOffsets {
  int64_t weight = 0, bias = 0;
  std::optional<int64_t> scale;
};

// NativeNetwork of src/native/binding-types.ts, with the offsets of each layer that has weights.
Napi::Object network_to_js(Napi::Env env, const infer::Network& network,
                           const std::vector<std::optional<LayerOffsets>>& offsets);

}  // namespace googlenet::binding
