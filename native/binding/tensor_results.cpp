#include "binding/tensor_results.h"

#include <torch/types.h>

#include <cstring>

#include "binding/new_floats.h"
#include "binding/tensor_options.h"

namespace googlenet::binding {

torch::Tensor to_host(const torch::Tensor& tensor) {
  return tensor.defined() ? tensor.to(at::kCPU).contiguous() : tensor;
}

Napi::Value tensor_to_js(Napi::Env env, const torch::Tensor& tensor) {
  if (!tensor.defined()) return env.Null();
  const auto count = static_cast<size_t>(tensor.numel());
  Napi::Float32Array data = new_floats(env, count);
  if (count > 0) std::memcpy(data.Data(), tensor.const_data_ptr(), tensor.nbytes());
  Napi::Object result = Napi::Object::New(env);
  result["data"] = data;
  result["shape"] = shape_to_js(env, tensor.sizes());
  return result;
}

Napi::Value tensors_to_js(Napi::Env env, const std::vector<torch::Tensor>& tensors) {
  Napi::Array list = Napi::Array::New(env, tensors.size());
  for (uint32_t i = 0; i < tensors.size(); ++i) list[i] = tensor_to_js(env, tensors[i]);
  return list;
}

Napi::Array shape_to_js(Napi::Env env, at::IntArrayRef sizes) {
  Napi::Array shape = Napi::Array::New(env, sizes.size());
  for (uint32_t d = 0; d < sizes.size(); ++d)
    shape[d] = Napi::Number::New(env, static_cast<double>(sizes[d]));
  return shape;
}

Napi::Value to_js(Napi::Env env, const std::vector<weights::TensorInfo>& tensors) {
  Napi::Array list = Napi::Array::New(env, tensors.size());
  for (uint32_t i = 0; i < tensors.size(); ++i) {
    Napi::Object info = Napi::Object::New(env);
    info["name"] = tensors[i].name;
    info["dtype"] = dtype_name(tensors[i].dtype);
    info["shape"] = shape_to_js(env, tensors[i].shape);
    list[i] = info;
  }
  return list;
}

}  // namespace googlenet::binding
