#include <algorithm>
#include <cstring>

#include "binding/addon.h"
#include "binding/session.h"
#include "core/error.h"
#include "data/transforms.h"

namespace googlenet::binding {

using namespace data;

namespace {

// One thread for image transforms, beside the models' threads.
SerialQueue& data_queue(const Napi::CallbackInfo& info) {
  return static_cast<OwnQueue*>(info.Data())->queue;
}

struct Picture {
  const uint8_t* data;
  int64_t height;
  int64_t width;
  Keeper keeper;
};

std::vector<Picture> read_pictures(const Napi::Array& list) {
  std::vector<Picture> pictures;
  for (uint32_t i = 0; i < list.Length(); ++i) {
    const Napi::Value value = list[i];
    if (!value.IsObject()) throw Error("INVALID_ARGUMENT", "Expected an array of pictures.");
    const Options picture(value.As<Napi::Object>());
    const Bytes bytes = picture.bytes("data");
    const int64_t height = picture.integer("height");
    const int64_t width = picture.integer("width");
    const int64_t limit = int64_t{1} << 20;
    if (height < 1 || width < 1 || height > limit || width > limit ||
        bytes.size != static_cast<size_t>(height * width * 3)) {
      throw Error("INVALID_SHAPE", "A picture has height × width × 3 bytes.");
    }
    pictures.push_back({bytes.data, height, width, keep(picture.value("data"))});
  }
  return pictures;
}

void fill(const std::vector<Picture>& pictures, int64_t resize, int64_t crop, uint8_t* output) {
  const torch::NoGradGuard no_grad;
  for (const Picture& picture : pictures) {
    check_cancelled();
    const auto pixels =
        torch::from_blob(const_cast<uint8_t*>(picture.data), {picture.height, picture.width, 3}, at::kByte);
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

std::vector<Keeper> read_released(const Options& options) {
  std::vector<Keeper> released;
  if (!options.has("release")) return released;
  const Napi::Array list = options.array("release");
  for (uint32_t i = 0; i < list.Length(); ++i) {
    const Napi::Value value = list[i];
    if (!value.IsTypedArray())
      throw Error("INVALID_ARGUMENT", "Expected an array of typed arrays for release.");
    released.push_back(keep(value));
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
    if (!is_inside) throw Error("INVALID_ARGUMENT", "A view lies outside of its picture.");
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
      throw Error("INVALID_ARGUMENT", "Expected sizes from 1 on.");
    const std::vector<View> views = read_views(options, height, width);
    std::vector<Picture> pictures = read_pictures(options.array("pictures"));
    const Bytes output = options.bytes("output");
    if (pictures.size() != 1 || output.size != views.size() * static_cast<size_t>(crop * crop * 3))
      throw Error("INVALID_SHAPE", "The output of one picture has views × crop × crop × 3 bytes.");
    return promise(info.Env(), data_queue(info), /*threads=*/1,
                   [pictures = std::move(pictures), height, width, views, crop, output,
                    keeper = keep(options.value("output"))] {
                     const torch::NoGradGuard no_grad;
                     const Picture& picture = pictures.front();
                     const auto pixels = torch::from_blob(const_cast<uint8_t*>(picture.data),
                                                          {picture.height, picture.width, 3}, at::kByte);
                     const auto count = static_cast<int64_t>(views.size());
                     if (count == 0) return;
                     torch::from_blob(const_cast<uint8_t*>(output.data), {count, crop, crop, 3}, at::kByte)
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
      throw Error("INVALID_ARGUMENT", "Expected 1 ≤ crop ≤ resize ≤ 8192.");
    std::vector<Picture> pictures = read_pictures(options.array("pictures"));
    const Bytes output = options.bytes("output");
    if (output.size != pictures.size() * static_cast<size_t>(crop * crop * 3)) {
      throw Error("INVALID_SHAPE", "The output has n × crop × crop × 3 bytes.");
    }
    std::vector<Keeper> released = read_released(options);
    // One thread: this runs beside training, which has the others.
    return promise(
        info.Env(), data_queue(info), /*threads=*/1,
        [pictures = std::move(pictures), resize, crop, output, keeper = keep(options.value("output"))] {
          fill(pictures, resize, crop, const_cast<uint8_t*>(output.data));
          return Nothing{};
        },
        [released = std::move(released)](Napi::Env env, const Nothing&) {
          for (const Keeper& array : released) detach(*array);
          return env.Undefined();
        });
  });
}

}  // namespace

void define_transforms(Napi::Env env, Napi::Object exports) {
  OwnQueue* queue = OwnQueue::create(env);
  exports["cropViews"] = Napi::Function::New<crop_views_of>(env, "cropViews", queue);
  exports["resizeCrop"] = Napi::Function::New<resize_crop_pictures>(env, "resizeCrop", queue);
}

}  // namespace googlenet::binding
