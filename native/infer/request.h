#pragma once

#include <atomic>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <vector>

#include "kernels/strided_pointer.h"

namespace googlenet::infer {

// Images of one size and their logits.
struct Request {
  std::vector<std::byte> pixels;  // float32 [count][3][height][width] or uint8 [count][height][width][3]
  bool is_uint8;
  kernels::Size size;
  int count;
  float scale[3];  // a channel's value times this plus the shift is what the network was trained with
  float shift[3];
  // Of each head, [count][classes]; NaN for an image with NaN or infinity.
  std::vector<std::unique_ptr<float[]>> logits;

  // Called once, by the engine's thread or by the one that cancels: without an error when all images are
  // computed. Must not throw.
  std::function<void(const std::exception_ptr& error)> on_done;

 private:
  friend class Engine;
  friend class Executor;
  friend class RequestQueue;
  std::atomic<bool> cancelled{false};
  int started = 0;  // images
};

// One image of a request.
struct BatchImage {
  std::shared_ptr<Request> request;
  int index;
};

}  // namespace googlenet::infer
