#include "core/upload.h"

namespace googlenet::core {

at::Tensor upload(const at::Tensor& tensor, c10::Device device) {
  if (device.is_cpu()) return tensor;
  // libtorch keeps the page-locked memory until the device has read it, and then for the next upload.
  return tensor.pin_memory().to(device, /*non_blocking=*/true);
}

}  // namespace googlenet::core
