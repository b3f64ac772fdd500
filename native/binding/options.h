#pragma once

#include <array>
#include <string>
#include <vector>

#include "binding/errors.h"
#include "binding/napi_setup.h"
#include "data/transforms.h"
#include "weights/state_dict.h"

namespace googlenet {

// Reads the one options object of a call. TypeScript has validated the meaning; here a wrong type, which
// would be a bug of ours or a caller that goes around TypeScript, becomes an Error instead of undefined
// behaviour.
class Options {
 public:
  explicit Options(const Napi::CallbackInfo& info);
  explicit Options(const Napi::Object& object) : object_(object) {}

  bool boolean(const char* name) const;
  double number(const char* name) const;
  int64_t integer(const char* name) const;
  uint64_t uint64(const char* name) const;
  std::string string(const char* name) const;
  std::vector<int64_t> shape(const char* name) const;
  std::array<float, 3> channels(const char* name) const;
  Napi::Object object(const char* name) const;
  Napi::Array array(const char* name) const;
  std::vector<Options> objects(const char* name) const;
  // A Uint8Array. Borrowed: whoever keeps the pointer keeps the object alive and private.
  std::vector<std::string> strings(const char* name) const;
  Bytes bytes(const char* name) const;
  std::vector<TensorSpan> spans(const char* name) const;
  bool has(const char* name) const { return object_.Has(name); }
  Napi::Value value(const char* name) const { return object_.Get(name); }

 private:
  Napi::Object object_;
};

// Copies of what a caller passed in, made on the JavaScript thread: the caller may change, transfer or detach
// its arrays at once.
torch::Tensor copy_images(const Options& options);  // float [n, 3, h, w] or bytes [n, h, w, 3]
torch::Tensor copy_floats(const Options& options, const char* name, const std::vector<int64_t>& shape);
torch::Tensor copy_labels(const Options& options, int64_t count, int64_t num_classes);

const char* dtype_name(c10::ScalarType dtype);

}  // namespace googlenet
