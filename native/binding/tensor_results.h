#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "binding/napi_setup.h"
#include "weights/state_dict.h"

namespace googlenet::binding {

// Compute thread: a tensor as tensor_to_js takes it. Undefined tensors stay undefined.
torch::Tensor to_host(const torch::Tensor& tensor);

// Contiguous float32 on the CPU → { data, shape }; undefined → null.
Napi::Value tensor_to_js(Napi::Env env, const torch::Tensor& tensor);
// [tensor_to_js, …]
Napi::Value tensors_to_js(Napi::Env env, const std::vector<torch::Tensor>& tensors);
Napi::Array shape_to_js(Napi::Env env, at::IntArrayRef sizes);
// [{ name, dtype, shape }, …]
Napi::Value to_js(Napi::Env env, const std::vector<weights::TensorInfo>& tensors);

}  // namespace googlenet::binding
