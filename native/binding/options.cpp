#include "binding/options.h"

#include <cmath>

#include "core/error.h"

namespace googlenet::binding {

namespace {

constexpr double kMaxSafeInteger = 9007199254740991.0;

[[noreturn]] void reject(const char* name, const char* expected) {
  throw core::Error("INVALID_ARGUMENT", std::string("Expected ") + expected + " for " + name + ".");
}

int64_t to_integer(const Napi::Value& value, const char* name) {
  if (!value.IsNumber()) reject(name, "an integer");
  const double number = value.As<Napi::Number>().DoubleValue();
  if (std::trunc(number) != number || std::abs(number) > kMaxSafeInteger) reject(name, "an integer");
  return static_cast<int64_t>(number);
}

}  // namespace

int64_t elements(const std::vector<int64_t>& shape) {
  int64_t count = 1;
  for (const int64_t size : shape) {
    if (size < 0 || (size > 0 && count > static_cast<int64_t>(kMaxSafeInteger) / size)) {
      throw core::Error("INVALID_SHAPE", "A shape has negative or too large sizes.");
    }
    count *= size;
  }
  return count;
}

void require_length(const ArrayView& array, const std::vector<int64_t>& shape) {
  if (static_cast<int64_t>(array.elements) != elements(shape)) {
    throw core::Error("INVALID_SHAPE", "The array has " + std::to_string(array.elements) +
                                           " elements, but its shape has " + std::to_string(elements(shape)) +
                                           ".");
  }
}

std::vector<int64_t> shape_of_images(const Options& options, const CallerArray& array) {
  const std::vector<int64_t> shape = options.shape("shape");
  if (shape.size() != 4) throw core::Error("INVALID_SHAPE", "A batch of images has four dimensions.");
  if (array.is_bytes()) {
    if (shape[3] != 3)
      throw core::Error("INVALID_SHAPE", "Images of bytes have the shape [n, height, width, 3].");
  } else {
    if (array.type() != napi_float32_array)
      throw core::Error("INVALID_DTYPE", "Expected a Float32Array or a Uint8Array.");
    if (shape[1] != 3)
      throw core::Error("INVALID_SHAPE", "Images of floats have the shape [n, 3, height, width].");
  }
  return shape;
}

CallerArray::CallerArray(const Napi::TypedArray& array) : array_(array), type_(array.TypedArrayType()) {}

ArrayView CallerArray::view() const {
  size_t elements = 0;
  void* data = nullptr;
  napi_get_typedarray_info(array_.Env(), array_, nullptr, &elements, &data, nullptr, nullptr);
  return {data, elements, elements * array_.ElementSize()};
}

core::Bytes CallerArray::bytes() const {
  const ArrayView here = view();
  return {static_cast<const uint8_t*>(here.data), here.bytes};
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

std::optional<double> Options::optional_number(const char* name) const {
  return is_null(name) ? std::nullopt : std::optional(number(name));
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

CallerArray Options::typed_array(const char* name) const {
  const Napi::Value value = object_.Get(name);
  if (!value.IsTypedArray()) reject(name, "a typed array");
  return CallerArray(value.As<Napi::TypedArray>());
}

CallerArray Options::byte_array(const char* name) const {
  const CallerArray array = typed_array(name);
  if (!array.is_bytes()) reject(name, "a Uint8Array");
  return array;
}

}  // namespace googlenet::binding
