#pragma once

#include "binding/options.h"
#include "infer/network.h"

namespace googlenet::binding {

using namespace infer;

// { network, weights }: a network whose layers borrow numbers of `weights`, a Uint8Array that must stay alive
// and private. Checked, so that running it is safe whatever a file said.
Network read_network(const Options& options);

Precision read_precision(const Options& options);
Precision precision_named(const std::string& name);

// { height, width } of a picture, or two numbers of its shape. Throws INVALID_SHAPE.
kernels::Size read_size(const Options& options);
kernels::Size to_size(int64_t height, int64_t width);

// The same, the other way round. Offsets are those of the layers' numbers from `first`.
Napi::Object network_to_js(Napi::Env env, const Network& network, const std::byte* first);

}  // namespace googlenet::binding
