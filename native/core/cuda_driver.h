#pragma once

#include <string>

#include "core/device.h"

namespace googlenet::core {

// The NVIDIA driver, opened by name: neither to build nor to load the addon is a CUDA header or library
// needed.
class CudaDriver {
 public:
  static const CudaDriver& get();

  // Why no device can be used; empty if one can.
  const std::string& problem() const { return problem_; }

  // What the driver does not know is "unknown" or 0.
  CudaDevice describe(int index) const;

 private:
  CudaDriver();

  template <class Function>
  Function find(const char* name) const;
  int attribute(int which, int handle) const;

  void* library_;  // never closed: libtorch uses it too
  std::string problem_;
};

}  // namespace googlenet::core
