#pragma once

#include <memory>

#include "binding/options.h"

namespace googlenet::binding {

// The bytes of a caller's array that stays private to us, kept alive while work is queued. Created after all
// options have been read; created and destroyed on the JavaScript thread.
class KeptBytes {
 public:
  explicit KeptBytes(const CallerArray& array)
      : bytes_(array.bytes()),
        object_(
            std::make_shared<Napi::ObjectReference>(Napi::Persistent(array.object().As<Napi::Object>()))) {}

  const uint8_t* data() const { return bytes_.data; }
  size_t size() const { return bytes_.size; }
  // For arrays that work writes to.
  uint8_t* mutable_data() const { return const_cast<uint8_t*>(bytes_.data); }

 private:
  core::Bytes bytes_;
  std::shared_ptr<Napi::ObjectReference> object_;
};

}  // namespace googlenet::binding
