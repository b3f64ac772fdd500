#pragma once

#include <torch/types.h>

#include <memory>
#include <vector>

namespace googlenet {

// Memory into which callers' arrays are copied on the JavaScript thread. It is used again and again, because
// the first touch of fresh memory costs several times as much as the copy. JavaScript thread only, like the
// tensors' last references.
class Staging : public std::enable_shared_from_this<Staging> {
 public:
  // A tensor that a copy of the handle keeps; the memory comes back here with the last one.
  using Handle = std::shared_ptr<torch::Tensor>;

  Handle take(const std::vector<int64_t>& shape, c10::ScalarType dtype);

 private:
  void give_back(torch::Tensor bytes);

  std::vector<torch::Tensor> free_;  // byte tensors
};

}  // namespace googlenet
