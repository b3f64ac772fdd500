#pragma once

#include <optional>

#include "binding/options.h"
#include "infer/network.h"

namespace googlenet::binding {

using namespace infer;

// A network whose layers borrow numbers of `weights`, a Uint8Array that must stay alive and private.
struct BorrowedNetwork {
  Network network;
  Napi::Object weights;
};

// { network, weights }, checked, so that running it is safe whatever a file said. To be read after all other
// options.
BorrowedNetwork read_network(const Options& options);

Precision read_precision(const Options& options);
Precision precision_named(const std::string& name);

// { height, width } of a picture, or two numbers of its shape. Throws INVALID_SHAPE.
kernels::Size read_size(const Options& options);
kernels::Size to_size(int64_t height, int64_t width);

// Where the numbers of a convolution are in the weights, in bytes.
struct LayerOffsets {
  int64_t weight = 0, bias = 0;
  std::optional<int64_t> scale;
};

// The same, the other way round, with the offsets of each layer that has weights.
Napi::Object network_to_js(Napi::Env env, const Network& network,
                           const std::vector<std::optional<LayerOffsets>>& offsets);

}  // namespace googlenet::binding
