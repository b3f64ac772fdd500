#pragma once

#include <torch/nn/module.h>

#include <string>
#include <unordered_map>

namespace googlenet::nn {

// The name in the state_dict of every module below a root: `inception_4a.branch2.0`.
using ModuleNames = std::unordered_map<const torch::nn::Module*, std::string>;

inline ModuleNames names_of(const torch::nn::Module& root) {
  ModuleNames names;
  for (const auto& child : root.named_modules("", /*include_self=*/false))
    names.emplace(child.value().get(), child.key());
  return names;
}

}  // namespace googlenet::nn
