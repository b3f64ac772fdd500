#pragma once

#include <c10/core/Device.h>
#include <c10/core/ScalarType.h>

namespace googlenet {

// What convolutions and matrix products compute in. Weights, losses and the optimiser stay in fp32.
enum class Precision { kFloat32, kBFloat16 };

// torch.autocast for the lifetime of this object, on the thread that made it. Does nothing in fp32.
class Autocast {
 public:
  Autocast(Precision precision, c10::Device device);
  ~Autocast();
  Autocast(const Autocast&) = delete;
  Autocast& operator=(const Autocast&) = delete;

 private:
  const bool active_;
  const c10::DeviceType device_;
  bool was_enabled_ = false;
  at::ScalarType previous_ = at::kFloat;
};

}  // namespace googlenet
