#pragma once

#include <functional>
#include <vector>

#include "binding/session.h"
#include "weights/state_dict.h"

namespace googlenet::binding {

// Compute thread: the tensors that a copy is about.
using TensorsOf = std::function<std::vector<weights::NamedTensor>(Session&)>;

// { buffer, spans }: copies tensors out into a buffer that is private to us.
Napi::Value snapshot_tensors(Napi::Env env, Session& session, const Options& options, TensorsOf tensors_of);

// { parts: [{ source: { fd, path } | { buffer }, spans }, …] }: copies stored tensors in, all or none.
Napi::Value restore_tensors(Napi::Env env, Session& session, const Options& options, TensorsOf tensors_of);

}  // namespace googlenet::binding
