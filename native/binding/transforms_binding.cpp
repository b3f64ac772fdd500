#include <torch/types.h>

#include "binding/addon.h"
#include "binding/data_queue.h"
#include "binding/kept_bytes.h"
#include "core/error.h"
#include "data/resize.h"

namespace googlenet::binding {

namespace {

// Sizes beyond these would overflow, or be a mistake.
constexpr int64_t kLargestImage = int64_t{1} << 20;
constexpr int64_t kLargestCrop = 8192;

bool is_image_size(int64_t height, int64_t width) {
  return height >= 1 && width >= 1 && height <= kLargestImage && width <= kLargestImage;
}

struct Image {
  KeptBytes bytes;  // RGB rows
  int64_t height;
  int64_t width;

  torch::Tensor tensor() const {
    return torch::from_blob(bytes.mutable_data(), {height, width, 3}, at::kByte);
  }
};

struct Buffers {
  std::vector<Image> images;
  KeptBytes output;
};

// Must be the last options of a call that are read.
Buffers read_buffers(const Options& options) {
  struct Unread {
    CallerArray array;
    int64_t height, width;
  };
  std::vector<Unread> unread;
  for (const Options& image : options.objects("images"))
    unread.push_back({image.byte_array("data"), image.integer("height"), image.integer("width")});
  const CallerArray output = options.byte_array("output");
  Buffers buffers = {{}, KeptBytes(output)};
  for (const auto& [array, height, width] : unread) {
    const KeptBytes bytes(array);
    if (!is_image_size(height, width) || bytes.size() != static_cast<size_t>(height * width * 3))
      throw core::Error("INVALID_SHAPE", "An image has height × width × 3 bytes.");
    buffers.images.push_back({bytes, height, width});
  }
  return buffers;
}

// Squares inside of the resized image.
std::vector<data::Square> read_squares(const Options& options, int64_t height, int64_t width) {
  std::vector<data::Square> squares;
  for (const Options& one : options.objects("squares")) {
    const data::Square square = {one.integer("top"), one.integer("left"), one.integer("size"),
                                 one.boolean("flipped")};
    const bool is_inside = square.top >= 0 && square.left >= 0 && square.size >= 1 &&
                           square.size <= height - square.top && square.size <= width - square.left;
    if (!is_inside) throw core::Error("INVALID_ARGUMENT", "A square lies outside of its image.");
    squares.push_back(square);
  }
  return squares;
}

Napi::Value multi_crop(const Napi::CallbackInfo& info) {
  return guarded(info, [&] {
    const Options options(info);
    const int64_t height = options.integer("height");
    const int64_t width = options.integer("width");
    const int64_t crop = options.integer("crop");
    if (!is_image_size(height, width) || crop < 1 || crop > kLargestCrop)
      throw core::Error("INVALID_ARGUMENT", "Expected sizes of at least 1.");
    const std::vector<data::Square> squares = read_squares(options, height, width);
    Buffers buffers = read_buffers(options);
    if (buffers.images.size() != 1 ||
        buffers.output.size() != squares.size() * static_cast<size_t>(crop * crop * 3))
      throw core::Error("INVALID_SHAPE", "The output of one image has squares × crop × crop × 3 bytes.");
    return DataQueue::run(info.Env(), [buffers = std::move(buffers), height, width, squares, crop] {
      const torch::NoGradGuard no_grad;
      const auto count = static_cast<int64_t>(squares.size());
      if (count == 0) return;
      torch::from_blob(buffers.output.mutable_data(), {count, crop, crop, 3}, at::kByte)
          .copy_(data::multi_crop(buffers.images.front().tensor(), height, width, squares, crop));
    });
  });
}

// Arrays to detach once their bytes have been used. The garbage collector sees the few bytes of the object
// and not its photograph, and would free it late.
using Released = std::vector<std::shared_ptr<Napi::ObjectReference>>;

Released read_released(const Options& options) {
  Released released;
  if (!options.has("release")) return released;
  const Napi::Array list = options.array("release");
  for (uint32_t i = 0; i < list.Length(); ++i) {
    const Napi::Value value = list[i];
    if (!value.IsTypedArray())
      throw core::Error("INVALID_ARGUMENT", "Expected an array of typed arrays for release.");
    released.push_back(std::make_shared<Napi::ObjectReference>(Napi::Persistent(value.As<Napi::Object>())));
  }
  return released;
}

void detach(const Napi::ObjectReference& array) {
  Napi::ArrayBuffer buffer = array.Value().As<Napi::TypedArray>().ArrayBuffer();
  if (!buffer.IsDetached()) buffer.Detach();
}

Napi::Value resize_crop(const Napi::CallbackInfo& info) {
  return guarded(info, [&] {
    const Options options(info);
    const int64_t resize = options.integer("resize");
    const int64_t crop = options.integer("crop");
    if (crop < 1 || resize < crop || resize > kLargestCrop)
      throw core::Error("INVALID_ARGUMENT", "Expected 1 ≤ crop ≤ resize ≤ 8192.");
    Released released = read_released(options);
    Buffers buffers = read_buffers(options);
    if (buffers.output.size() != buffers.images.size() * static_cast<size_t>(crop * crop * 3))
      throw core::Error("INVALID_SHAPE", "The output has n × crop × crop × 3 bytes.");
    return DataQueue::run(
        info.Env(),
        [buffers = std::move(buffers), resize, crop] {
          const torch::NoGradGuard no_grad;
          uint8_t* output = buffers.output.mutable_data();
          for (const Image& image : buffers.images) {
            core::check_cancelled();
            torch::from_blob(output, {crop, crop, 3}, at::kByte)
                .copy_(data::resize_crop(image.tensor(), resize, crop));
            output += crop * crop * 3;
          }
          return Nothing{};
        },
        [released = std::move(released)](Napi::Env env, const Nothing&) {
          for (const auto& array : released) detach(*array);
          return env.Undefined();
        });
  });
}

}  // namespace

void define_transforms(Napi::Env env, Napi::Object exports) {
  DataQueue::create(env);
  exports["multiCrop"] = Napi::Function::New<multi_crop>(env, "multiCrop");
  exports["resizeCrop"] = Napi::Function::New<resize_crop>(env, "resizeCrop");
}

}  // namespace googlenet::binding
