#include <ATen/detail/PrivateUse1HooksInterface.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>

#include <array>
#include <map>
#include <mutex>
#include <vector>

#include "device.h"

namespace device {

namespace {

thread_local c10::DeviceIndex current = 0;
thread_local std::array<c10::StreamId, kCount> streams = {};

std::atomic<c10::StreamId> next_stream{0};
constexpr c10::StreamId kPool = 32;

std::mutex mutex;
std::map<std::pair<c10::DeviceIndex, c10::StreamId>, std::vector<std::function<void()>>> queues;

c10::Stream make_stream(c10::DeviceIndex index, c10::StreamId id) {
  return c10::Stream(c10::Stream::UNSAFE, c10::Device(kType, index), id);
}

struct Guard final : c10::impl::DeviceGuardImplInterface {
  c10::DeviceType type() const override { return kType; }
  c10::Device exchangeDevice(c10::Device next) const override {
    const c10::Device before = getDevice();
    set_current_device(next.index());
    return before;
  }
  c10::Device getDevice() const override { return {kType, current}; }
  void setDevice(c10::Device next) const override { set_current_device(next.index()); }
  void uncheckedSetDevice(c10::Device next) const noexcept override { current = next.index(); }
  c10::Stream getStream(c10::Device of) const override { return current_stream(of.index()); }
  c10::Stream getDefaultStream(c10::Device of) const override { return make_stream(of.index(), 0); }
  c10::Stream getStreamFromGlobalPool(c10::Device of, bool) const override {
    return make_stream(of.index(), next_stream++ % kPool + 1);
  }
  c10::Stream exchangeStream(c10::Stream next) const override {
    const c10::Stream before = current_stream(next.device_index());
    streams.at(static_cast<size_t>(next.device_index())) = next.id();
    return before;
  }
  c10::DeviceIndex deviceCount() const noexcept override { return kCount; }

  // An event is the stream on which it was recorded.
  void record(void** event, const c10::Stream& stream, c10::DeviceIndex, c10::EventFlag) const override {
    delete static_cast<c10::Stream*>(*event);
    *event = new c10::Stream(stream);
  }
  void block(void* event, const c10::Stream&) const override { synchronizeEvent(event); }
  bool queryEvent(void*) const override { return true; }
  void destroyEvent(void* event, c10::DeviceIndex) const noexcept override {
    delete static_cast<c10::Stream*>(event);
  }
  void synchronizeEvent(void* event) const override {
    if (event != nullptr) drain(*static_cast<c10::Stream*>(event));
  }
  bool queryStream(const c10::Stream& stream) const override {
    const std::lock_guard lock(mutex);
    return queues[{stream.device_index(), stream.id()}].empty();
  }
  void synchronizeStream(const c10::Stream& stream) const override { drain(stream); }
};

struct Hooks final : at::PrivateUse1HooksInterface {
  bool isBuilt() const override { return true; }
  bool isAvailable() const override { return true; }
  bool hasPrimaryContext(c10::DeviceIndex) const override { return true; }
  c10::DeviceIndex deviceCount() const override { return kCount; }
  c10::DeviceIndex getCurrentDevice() const override { return current; }
  void setCurrentDevice(c10::DeviceIndex index) const override { set_current_device(index); }
  bool isPinnedPtr(const void* data) const override { return is_pinned(data); }
  c10::Allocator* getPinnedMemoryAllocator() const override { return pinned_allocator(); }
};

const bool registered = [] {
  // Only a backend with a name counts as an accelerator, even if it is the default name.
  c10::register_privateuse1_backend("privateuseone");
  at::RegisterPrivateUse1HooksInterface(new Hooks);
  c10::SetAllocator(kType, allocator());
  return true;
}();

C10_REGISTER_GUARD_IMPL(PrivateUse1, Guard)

}  // namespace

c10::DeviceIndex current_device() {
  return current;
}

void set_current_device(c10::DeviceIndex index) {
  TORCH_CHECK(index >= 0 && index < kCount, "there is no device ", static_cast<int>(index));
  current = index;
}

c10::Stream current_stream(c10::DeviceIndex index) {
  return make_stream(index, streams.at(static_cast<size_t>(index < 0 ? current : index)));
}

void enqueue(const c10::Stream& stream, std::function<void()> work) {
  const std::lock_guard lock(mutex);
  queues[{stream.device_index(), stream.id()}].push_back(std::move(work));
}

void drain(const c10::Stream& stream) {
  std::vector<std::function<void()>> work;
  {
    const std::lock_guard lock(mutex);
    work.swap(queues[{stream.device_index(), stream.id()}]);
  }
  for (const auto& one : work) one();
}

}  // namespace device
