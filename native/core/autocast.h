#pragma once

#include <c10/core/Device.h>
#include <c10/core/ScalarType.h>

namespace googlenet::core {

// torch.autocast while this exists, on the thread that created it: convolutions and matrix products compute
// in `dtype`; weights, losses and the optimizer stay in float32. kFloat changes nothing.
class Autocast {
 public:
  Autocast(at::ScalarType dtype, c10::Device device);
  ~Autocast();
  Autocast(const Autocast&) = delete;
  Autocast& operator=(const Autocast&) = delete;

 private:
  const bool active_;
  const c10::DeviceType device_;
  bool was_enabled_ = false;
  at::ScalarType previous_ = at::kFloat;
};

}  // namespace googlenet::core
