#include "binding/options.h"

#include <cmath>
#include <cstring>
#include <utility>

#include "core/error.h"

namespace googlenet {

namespace {

constexpr std::pair<const char*, c10::ScalarType> kDTypes[] = {
    {"F64", c10::kDouble}, {"F32", c10::kFloat}, {"F16", c10::kHalf},  {"BF16", c10::kBFloat16},
    {"I64", c10::kLong},   {"I32", c10::kInt},   {"I16", c10::kShort}, {"I8", c10::kChar},
    {"U8", c10::kByte},    {"BOOL", c10::kBool},
};

constexpr double kMaxSafeInteger = 9007199254740991.0;

[[noreturn]] void reject(const char* name, const char* expected) {
  throw Error("INVALID_ARGUMENT", std::string("Expected ") + expected + " for " + name + ".");
}

int64_t to_integer(const Napi::Value& value, const char* name) {
  if (!value.IsNumber()) reject(name, "an integer");
  const double number = value.As<Napi::Number>().DoubleValue();
  if (std::trunc(number) != number || std::abs(number) > kMaxSafeInteger) reject(name, "an integer");
  return static_cast<int64_t>(number);
}

Napi::TypedArray typed_array(const Options& options, const char* name) {
  const Napi::Value value = options.value(name);
  if (!value.IsTypedArray()) reject(name, "a typed array");
  return value.As<Napi::TypedArray>();
}

const void* data_of(const Napi::TypedArray& array) {
  void* data = nullptr;
  napi_get_typedarray_info(array.Env(), array, nullptr, nullptr, &data, nullptr, nullptr);
  return data;
}

int64_t elements(const std::vector<int64_t>& shape) {
  int64_t count = 1;
  for (const int64_t size : shape) {
    if (size < 0 || (size > 0 && count > static_cast<int64_t>(kMaxSafeInteger) / size)) {
      throw Error("INVALID_SHAPE", "A shape has negative or too large sizes.");
    }
    count *= size;
  }
  return count;
}

void require_length(const Napi::TypedArray& array, const std::vector<int64_t>& shape) {
  if (static_cast<int64_t>(array.ElementLength()) != elements(shape)) {
    throw Error("INVALID_SHAPE", "The array has " + std::to_string(array.ElementLength()) +
                                     " elements, its shape asks for " + std::to_string(elements(shape)) +
                                     ".");
  }
}

void copy_array(const Napi::TypedArray& array, torch::Tensor& copy) {
  if (copy.numel() > 0) std::memcpy(copy.mutable_data_ptr(), data_of(array), copy.nbytes());
}

torch::Tensor copy(const Napi::TypedArray& array, const std::vector<int64_t>& shape, c10::ScalarType dtype) {
  require_length(array, shape);
  torch::Tensor tensor = torch::empty(shape, dtype);
  copy_array(array, tensor);
  return tensor;
}

bool is_byte_array(const Napi::TypedArray& array) {
  return array.TypedArrayType() == napi_uint8_array || array.TypedArrayType() == napi_uint8_clamped_array;
}

c10::ScalarType to_dtype(const std::string& name) {
  for (const auto& [known, dtype] : kDTypes) {
    if (name == known) return dtype;
  }
  throw Error("INVALID_DTYPE", "Unknown element type '" + name + "'.");
}

}  // namespace

const char* dtype_name(c10::ScalarType dtype) {
  for (const auto& [name, known] : kDTypes) {
    if (dtype == known) return name;
  }
  throw Error("INVALID_DTYPE", "An element type has no name in the safetensors format.");
}

Options::Options(const Napi::CallbackInfo& info) {
  if (info.Length() != 1 || !info[0].IsObject()) reject("the call", "one options object");
  object_ = info[0].As<Napi::Object>();
}

bool Options::boolean(const char* name) const {
  const Napi::Value value = object_.Get(name);
  if (!value.IsBoolean()) reject(name, "a boolean");
  return value.As<Napi::Boolean>().Value();
}

double Options::number(const char* name) const {
  const Napi::Value value = object_.Get(name);
  if (!value.IsNumber()) reject(name, "a number");
  return value.As<Napi::Number>().DoubleValue();
}

int64_t Options::integer(const char* name) const {
  return to_integer(object_.Get(name), name);
}

uint64_t Options::uint64(const char* name) const {
  const Napi::Value value = object_.Get(name);
  bool lossless = false;
  const uint64_t number = value.IsBigInt() ? value.As<Napi::BigInt>().Uint64Value(&lossless) : 0;
  if (!lossless) reject(name, "a bigint in [0, 2^64)");
  return number;
}

std::string Options::string(const char* name) const {
  const Napi::Value value = object_.Get(name);
  if (!value.IsString()) reject(name, "a string");
  return value.As<Napi::String>().Utf8Value();
}

std::vector<int64_t> Options::shape(const char* name) const {
  const Napi::Array sizes = array(name);
  if (sizes.Length() > 8) reject(name, "at most 8 sizes");
  std::vector<int64_t> shape;
  for (uint32_t i = 0; i < sizes.Length(); ++i) shape.push_back(to_integer(sizes[i], name));
  elements(shape);
  return shape;
}

std::array<float, 3> Options::channels(const char* name) const {
  const Napi::Array values = array(name);
  if (values.Length() != 3) reject(name, "three numbers");
  std::array<float, 3> channels;
  for (uint32_t i = 0; i < 3; ++i) {
    const Napi::Value value = values[i];
    if (!value.IsNumber()) reject(name, "three numbers");
    channels[i] = static_cast<float>(value.As<Napi::Number>().DoubleValue());
  }
  return channels;
}

Napi::Object Options::object(const char* name) const {
  const Napi::Value value = object_.Get(name);
  if (!value.IsObject()) reject(name, "an object");
  return value.As<Napi::Object>();
}

Napi::Array Options::array(const char* name) const {
  const Napi::Value value = object_.Get(name);
  if (!value.IsArray()) reject(name, "an array");
  return value.As<Napi::Array>();
}

std::vector<Options> Options::objects(const char* name) const {
  const Napi::Array list = array(name);
  std::vector<Options> objects;
  for (uint32_t i = 0; i < list.Length(); ++i) {
    const Napi::Value value = list[i];
    if (!value.IsObject()) reject(name, "an array of objects");
    objects.emplace_back(value.As<Napi::Object>());
  }
  return objects;
}

std::vector<std::string> Options::strings(const char* name) const {
  const Napi::Array list = array(name);
  std::vector<std::string> strings;
  for (uint32_t i = 0; i < list.Length(); ++i) {
    const Napi::Value value = list[i];
    if (!value.IsString()) reject(name, "an array of strings");
    strings.push_back(value.As<Napi::String>().Utf8Value());
  }
  return strings;
}

Bytes Options::bytes(const char* name) const {
  const Napi::TypedArray array = typed_array(*this, name);
  if (!is_byte_array(array)) reject(name, "a Uint8Array");
  return {static_cast<const uint8_t*>(data_of(array)), array.ByteLength()};
}

std::vector<TensorSpan> Options::spans(const char* name) const {
  std::vector<TensorSpan> spans;
  for (const Options& span : objects(name)) {
    const int64_t offset = span.integer("offset");
    const int64_t bytes = span.integer("bytes");
    if (offset < 0 || bytes < 0) reject(name, "non-negative offsets");
    spans.push_back({span.string("name"), to_dtype(span.string("dtype")), span.shape("shape"),
                     span.has("strides") ? span.shape("strides") : std::vector<int64_t>(),
                     static_cast<uint64_t>(offset), static_cast<uint64_t>(bytes)});
  }
  return spans;
}

torch::Tensor copy_images(const Options& options) {
  const Napi::TypedArray array = typed_array(options, "images");
  const std::vector<int64_t> shape = options.shape("shape");
  if (shape.size() != 4) throw Error("INVALID_SHAPE", "A batch of pictures has four dimensions.");
  if (is_byte_array(array)) {
    if (shape[3] != 3)
      throw Error("INVALID_SHAPE", "Pictures of bytes have the shape [n, height, width, 3].");
    return copy(array, shape, c10::kByte);
  }
  if (array.TypedArrayType() != napi_float32_array)
    throw Error("INVALID_DTYPE", "Expected a Float32Array or a Uint8Array.");
  if (shape[1] != 3) throw Error("INVALID_SHAPE", "Pictures of floats have the shape [n, 3, height, width].");
  return copy(array, shape, c10::kFloat);
}

torch::Tensor copy_floats(const Options& options, const char* name, const std::vector<int64_t>& shape) {
  const Napi::TypedArray array = typed_array(options, name);
  if (array.TypedArrayType() != napi_float32_array)
    throw Error("INVALID_DTYPE", std::string("Expected a Float32Array for ") + name + ".");
  return copy(array, shape, c10::kFloat);
}

torch::Tensor copy_labels(const Options& options, int64_t count, int64_t num_classes) {
  const Napi::TypedArray array = typed_array(options, "labels");
  if (array.TypedArrayType() != napi_int32_array)
    throw Error("INVALID_DTYPE", "Expected an Int32Array for labels.");
  require_length(array, {count});
  torch::Tensor labels = torch::empty({count}, at::kInt);
  copy_array(array, labels);
  const auto* values = labels.const_data_ptr<int32_t>();
  for (int64_t i = 0; i < count; ++i) {
    if (values[i] < 0 || values[i] >= num_classes) {
      throw Error("INVALID_LABEL", "Label " + std::to_string(values[i]) + " at index " + std::to_string(i) +
                                       " is outside [0, " + std::to_string(num_classes) + ").");
    }
  }
  return labels.to(at::kLong);
}

}  // namespace googlenet
