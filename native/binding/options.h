#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "binding/errors.h"
#include "binding/napi_setup.h"
#include "core/bytes.h"

namespace googlenet::binding {

// The memory of a typed array.
struct ArrayView {
  const void* data;
  size_t elements;
  size_t bytes;
};

// A typed array of a caller. Reading an option may run a getter of the caller, which may resize or detach the
// array. So all options are read before view() or bytes() asks where the array lies, and no JavaScript runs
// from then on until its bytes are copied.
class CallerArray {
 public:
  explicit CallerArray(const Napi::TypedArray& array);

  napi_typedarray_type type() const { return type_; }
  bool is_bytes() const { return type_ == napi_uint8_array || type_ == napi_uint8_clamped_array; }
  const Napi::TypedArray& object() const { return array_; }

  ArrayView view() const;
  core::Bytes bytes() const;

 private:
  Napi::TypedArray array_;
  napi_typedarray_type type_;
};

// Reads the one options object of a call. TypeScript has validated the meaning. Here a wrong type, which is a
// bug of ours or a caller that bypasses TypeScript, becomes INVALID_ARGUMENT instead of undefined behavior.
class Options {
 public:
  explicit Options(const Napi::CallbackInfo& info);
  explicit Options(const Napi::Object& object) : object_(object) {}

  bool boolean(const char* name) const;
  double number(const char* name) const;
  std::optional<double> optional_number(const char* name) const;  // nullopt for null
  int64_t integer(const char* name) const;
  uint64_t uint64(const char* name) const;
  std::string string(const char* name) const;
  std::vector<int64_t> shape(const char* name) const;
  std::array<float, 3> channels(const char* name) const;
  Napi::Object object(const char* name) const;
  Napi::Array array(const char* name) const;
  std::vector<Options> objects(const char* name) const;
  std::vector<std::string> strings(const char* name) const;
  CallerArray typed_array(const char* name) const;
  CallerArray byte_array(const char* name) const;  // a Uint8Array
  bool is_null(const char* name) const { return object_.Get(name).IsNull(); }
  bool has(const char* name) const { return object_.Has(name); }
  Napi::Value value(const char* name) const { return object_.Get(name); }

 private:
  Napi::Object object_;
};

// The number of elements of a tensor. Throws INVALID_SHAPE if a size is negative or the product too large.
int64_t elements(const std::vector<int64_t>& shape);
// Throws INVALID_SHAPE unless the array has as many elements as the shape.
void require_length(const ArrayView& array, const std::vector<int64_t>& shape);

// The `shape` of a batch of images: float32 [n, 3, h, w] or bytes [n, h, w, 3]. Throws INVALID_SHAPE or
// INVALID_DTYPE.
std::vector<int64_t> shape_of_images(const Options& options, const CallerArray& array);

}  // namespace googlenet::binding
