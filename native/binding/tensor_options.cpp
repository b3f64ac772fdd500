#include "binding/tensor_options.h"

#include <cstring>

#include "binding/choices.h"
#include "core/error.h"

namespace googlenet::binding {

namespace {

constexpr Choice<c10::ScalarType> kDTypes[] = {
    {"F64", c10::kDouble}, {"F32", c10::kFloat}, {"F16", c10::kHalf},  {"BF16", c10::kBFloat16},
    {"I64", c10::kLong},   {"I32", c10::kInt},   {"I16", c10::kShort}, {"I8", c10::kChar},
    {"U8", c10::kByte},    {"BOOL", c10::kBool},
};

c10::ScalarType to_dtype(const std::string& name) {
  for (const auto& [known, dtype] : kDTypes) {
    if (name == known) return dtype;
  }
  throw core::Error("INVALID_DTYPE", "Unknown element type '" + name + "'.");
}

torch::Tensor copy(const CallerArray& array, const std::vector<int64_t>& shape, c10::ScalarType dtype) {
  const ArrayView view = array.view();
  require_length(view, shape);
  torch::Tensor tensor = torch::empty(shape, dtype);
  if (tensor.numel() > 0) std::memcpy(tensor.mutable_data_ptr(), view.data, tensor.nbytes());
  return tensor;
}

}  // namespace

const char* dtype_name(c10::ScalarType dtype) {
  for (const auto& [name, known] : kDTypes) {
    if (dtype == known) return name;
  }
  throw core::Error("INVALID_DTYPE", "An element type has no name in the safetensors format.");
}

std::vector<weights::TensorSpan> read_spans(const Options& options, const char* name) {
  std::vector<weights::TensorSpan> spans;
  for (const Options& span : options.objects(name)) {
    const int64_t offset = span.integer("offset");
    const int64_t bytes = span.integer("bytes");
    if (offset < 0 || bytes < 0)
      throw core::Error("INVALID_ARGUMENT", std::string("Expected non-negative offsets for ") + name + ".");
    spans.push_back({span.string("name"), to_dtype(span.string("dtype")), span.shape("shape"),
                     span.has("strides") ? span.shape("strides") : std::vector<int64_t>(),
                     static_cast<uint64_t>(offset), static_cast<uint64_t>(bytes)});
  }
  return spans;
}

torch::Tensor copy_images(const Options& options) {
  const CallerArray array = options.typed_array("images");
  return copy(array, shape_of_images(options, array), array.is_bytes() ? c10::kByte : c10::kFloat);
}

torch::Tensor copy_floats(const Options& options, const char* name, const std::vector<int64_t>& shape) {
  const CallerArray array = options.typed_array(name);
  if (array.type() != napi_float32_array)
    throw core::Error("INVALID_DTYPE", std::string("Expected a Float32Array for ") + name + ".");
  return copy(array, shape, c10::kFloat);
}

torch::Tensor copy_labels(const Options& options, int64_t count, int64_t num_classes) {
  const CallerArray array = options.typed_array("labels");
  if (array.type() != napi_int32_array)
    throw core::Error("INVALID_DTYPE", "Expected an Int32Array for labels.");
  const torch::Tensor labels = copy(array, {count}, at::kInt);
  const auto* values = labels.const_data_ptr<int32_t>();
  for (int64_t i = 0; i < count; ++i) {
    if (values[i] < 0 || values[i] >= num_classes) {
      throw core::Error("INVALID_LABEL", "Label " + std::to_string(values[i]) + " at index " +
                                             std::to_string(i) + " is outside [0, " +
                                             std::to_string(num_classes) + ").");
    }
  }
  return labels.to(at::kLong);
}

}  // namespace googlenet::binding
