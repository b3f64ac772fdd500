#include <algorithm>
#include <cstring>

#include "binding/addon.h"
#include "binding/data_queue.h"
#include "binding/session.h"
#include "core/error.h"
#include "data/transforms.h"

namespace googlenet::binding {

using namespace data;

namespace {

struct Picture {
  KeptBytes bytes;
  int64_t height;
  int64_t width;
};

// The bytes of all images and of the output; the last thing that is read of a call's options.
struct Buffers {
  std::vector<Picture> pictures;
  KeptBytes output;
};

Buffers read_buffers(const Options& options) {
  struct Unread {
    CallerArray array;
    int64_t height, width;
  };
  std::vector<Unread> unread;
  const Napi::Array list = options.array("images");
  for (uint32_t i = 0; i < list.Length(); ++i) {
    const Napi::Value value = list[i];
    if (!value.IsObject()) throw core::Error("INVALID_ARGUMENT", "Expected an array of images.");
    const Options picture(value.As<Napi::Object>());
    unread.push_back({picture.byte_array("data"), picture.integer("height"), picture.integer("width")});
  }
  const CallerArray output = options.byte_array("output");
  Buffers buffers = {{}, KeptBytes(output)};
  for (const auto& [array, height, width] : unread) {
    const KeptBytes bytes(array);
    const int64_t limit = int64_t{1} << 20;
    if (height < 1 || width < 1 || height > limit || width > limit ||
        bytes.size() != static_cast<size_t>(height * width * 3)) {
      throw core::Error("INVALID_SHAPE", "A picture has height × width × 3 bytes.");
    }
    buffers.pictures.push_back({bytes, height, width});
  }
  return buffers;
}

void fill(const std::vector<Picture>& pictures, int64_t resize, int64_t crop, uint8_t* output) {
  const torch::NoGradGuard no_grad;
  for (const Picture& picture : pictures) {
    core::check_cancelled();
    const auto pixels = torch::from_blob(const_cast<uint8_t*>(picture.bytes.data()),
                                         {picture.height, picture.width, 3}, at::kByte);
    torch::from_blob(output, {crop, crop, 3}, at::kByte).copy_(resize_crop(pixels, resize, crop));
    output += crop * crop * 3;
  }
}

// Gives the memory of a typed array back now. The garbage collector sees a few bytes of an object, not the
// photograph behind it.
void detach(const Napi::ObjectReference& array) {
  Napi::ArrayBuffer buffer = array.Value().As<Napi::TypedArray>().ArrayBuffer();
  if (!buffer.IsDetached()) buffer.Detach();
}

using Released = std::shared_ptr<Napi::ObjectReference>;

std::vector<Released> read_released(const Options& options) {
  std::vector<Released> released;
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

// Views inside of the resized picture.
std::vector<View> read_views(const Options& options, int64_t height, int64_t width) {
  std::vector<View> views;
  for (const Options& one : options.objects("views")) {
    const View view = {one.integer("top"), one.integer("left"), one.integer("side"), one.boolean("mirrored")};
    const bool is_inside = view.top >= 0 && view.left >= 0 && view.side >= 1 &&
                           view.side <= height - view.top && view.side <= width - view.left;
    if (!is_inside) throw core::Error("INVALID_ARGUMENT", "A view lies outside of its picture.");
    views.push_back(view);
  }
  return views;
}

Napi::Value crop_views_of(const Napi::CallbackInfo& info) {
  return guarded(info, [&] {
    const Options options(info);
    const int64_t height = options.integer("height");
    const int64_t width = options.integer("width");
    const int64_t crop = options.integer("crop");
    const int64_t limit = int64_t{1} << 20;
    if (height < 1 || width < 1 || height > limit || width > limit || crop < 1 || crop > 8192)
      throw core::Error("INVALID_ARGUMENT", "Expected sizes from 1 on.");
    const std::vector<View> views = read_views(options, height, width);
    Buffers buffers = read_buffers(options);
    if (buffers.pictures.size() != 1 ||
        buffers.output.size() != views.size() * static_cast<size_t>(crop * crop * 3))
      throw core::Error("INVALID_SHAPE", "The output of one picture has views × crop × crop × 3 bytes.");
    return promise(info.Env(), DataQueue::of(info.Env()), /*threads=*/1,
                   [buffers = std::move(buffers), height, width, views, crop] {
                     const torch::NoGradGuard no_grad;
                     const Picture& picture = buffers.pictures.front();
                     const auto pixels = torch::from_blob(const_cast<uint8_t*>(picture.bytes.data()),
                                                          {picture.height, picture.width, 3}, at::kByte);
                     const auto count = static_cast<int64_t>(views.size());
                     if (count == 0) return;
                     auto* output = const_cast<uint8_t*>(buffers.output.data());
                     torch::from_blob(output, {count, crop, crop, 3}, at::kByte)
                         .copy_(crop_views(pixels, height, width, views, crop));
                   });
  });
}

Napi::Value resize_crop_pictures(const Napi::CallbackInfo& info) {
  return guarded(info, [&] {
    const Options options(info);
    const int64_t resize = options.integer("resize");
    const int64_t crop = options.integer("crop");
    if (crop < 1 || resize < crop || resize > 8192)
      throw core::Error("INVALID_ARGUMENT", "Expected 1 ≤ crop ≤ resize ≤ 8192.");
    std::vector<Released> released = read_released(options);
    Buffers buffers = read_buffers(options);
    if (buffers.output.size() != buffers.pictures.size() * static_cast<size_t>(crop * crop * 3)) {
      throw core::Error("INVALID_SHAPE", "The output has n × crop × crop × 3 bytes.");
    }
    // One thread: this runs beside training, which has the others.
    return promise(
        info.Env(), DataQueue::of(info.Env()), /*threads=*/1, /*id=*/0,
        [buffers = std::move(buffers), resize, crop] {
          fill(buffers.pictures, resize, crop, const_cast<uint8_t*>(buffers.output.data()));
          return Nothing{};
        },
        [released = std::move(released)](Napi::Env env, const Nothing&) {
          for (const Released& array : released) detach(*array);
          return env.Undefined();
        });
  });
}

}  // namespace

void define_transforms(Napi::Env env, Napi::Object exports) {
  DataQueue::create(env);
  exports["cropViews"] = Napi::Function::New<crop_views_of>(env, "cropViews");
  exports["resizeCrop"] = Napi::Function::New<resize_crop_pictures>(env, "resizeCrop");
}

}  // namespace googlenet::binding
