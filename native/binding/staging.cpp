#include "binding/staging.h"

#include <algorithm>

namespace googlenet {

namespace {

// Enough for two float batches of 32 pictures under way; more is returned to the system.
constexpr size_t kMaxFree = 2;

int64_t bytes_for(const std::vector<int64_t>& shape, c10::ScalarType dtype) {
  int64_t bytes = static_cast<int64_t>(c10::elementSize(dtype));
  for (const int64_t size : shape) bytes *= size;
  return bytes;
}

}  // namespace

Staging::Handle Staging::take(const std::vector<int64_t>& shape, c10::ScalarType dtype) {
  const int64_t needed = bytes_for(shape, dtype);
  const auto fits = [needed](const torch::Tensor& bytes) {
    return bytes.numel() >= needed && bytes.numel() <= 4 * needed;
  };
  const auto found = std::find_if(free_.begin(), free_.end(), fits);
  torch::Tensor bytes = found == free_.end() ? torch::empty({needed}, at::kByte) : *found;
  if (found != free_.end()) free_.erase(found);
  const torch::Tensor view = torch::from_blob(bytes.mutable_data_ptr(), shape, dtype);
  return Handle(new torch::Tensor(view), [bytes, pool = weak_from_this()](const torch::Tensor* tensor) {
    delete tensor;
    if (const auto staging = pool.lock()) staging->give_back(bytes);
  });
}

void Staging::give_back(torch::Tensor bytes) {
  free_.insert(free_.begin(), std::move(bytes));
  if (free_.size() > kMaxFree) free_.pop_back();
}

}  // namespace googlenet
