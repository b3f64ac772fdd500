#include <ATen/Version.h>
#include <caffe2/core/common.h>
#include <torch/version.h>

#include "binding/addon.h"
#include "binding/options.h"
#include "binding/queued_work.h"
#include "core/backends.h"
#include "core/device.h"
#include "core/error.h"
#include "core/threads.h"

namespace googlenet::binding {

namespace {

constexpr int64_t kMaxThreads = 1024;

// TORCH_VERSION is the version of the headers; this is that of the loaded library. at::show_config() is not
// used because it asks the CUDA hooks, see core/device.h.
std::string library_version() {
  const auto& settings = caffe2::GetBuildOptions();
  const auto version = settings.find("TORCH_VERSION");
  return version == settings.end() ? "unknown" : version->second;
}

Napi::Object cuda_to_js(Napi::Env env, const core::CudaStatus& status) {
  Napi::Array devices = Napi::Array::New(env, status.devices.size());
  for (uint32_t i = 0; i < status.devices.size(); ++i) {
    Napi::Object device = Napi::Object::New(env);
    device["index"] = status.devices[i].index;
    device["name"] = status.devices[i].name;
    device["memoryBytes"] = static_cast<double>(status.devices[i].memory_bytes);
    device["computeCapability"] =
        std::to_string(status.devices[i].major) + "." + std::to_string(status.devices[i].minor);
    devices[i] = device;
  }
  Napi::Object cuda = Napi::Object::New(env);
  cuda["built"] = status.built;
  cuda["loaded"] = status.loaded;
  cuda["available"] = status.available;
  cuda["reason"] = status.reason;
  cuda["devices"] = devices;
  return cuda;
}

}  // namespace

Napi::Value libtorch(const Napi::CallbackInfo& info) {
  return guarded(info, [&] {
    const Napi::Env env = info.Env();
    Napi::Object result = Napi::Object::New(env);
    result["version"] = library_version();
    result["compiledVersion"] = TORCH_VERSION;
    result["cpuCapability"] = at::get_cpu_capability();
    return result;
  });
}

Napi::Value cuda(const Napi::CallbackInfo& info) {
  return guarded(info, [&] { return cuda_to_js(info.Env(), core::cuda_status()); });
}

Napi::Value set_num_threads_js(const Napi::CallbackInfo& info) {
  return guarded(info, [&] {
    const int64_t threads = Options(info).integer("threads");
    if (threads < 1 || threads > kMaxThreads)
      throw core::Error("INVALID_ARGUMENT", "Expected threads in [1, 1024].");
    core::set_num_threads(static_cast<int>(threads));
    return info.Env().Undefined();
  });
}

Napi::Value limit_default_threads_js(const Napi::CallbackInfo& info) {
  return guarded(info, [&] {
    const int64_t limit = Options(info).integer("limit");
    if (limit < 1 || limit > kMaxThreads)
      throw core::Error("INVALID_ARGUMENT", "Expected limit in [1, 1024].");
    core::limit_default_threads(static_cast<int>(limit));
    return info.Env().Undefined();
  });
}

Napi::Value num_threads_js(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), core::num_threads());
}

Napi::Value prepare_device_js(const Napi::CallbackInfo& info) {
  return guarded(info, [&] {
    const Napi::Env env = info.Env();
    return promise(
        env, static_cast<OwnQueue*>(info.Data())->queue, /*threads=*/1, /*id=*/0,
        [name = Options(info).string("device")] { return core::prepare_device(name); },
        [](Napi::Env scope, const c10::Device& device) { return Napi::String::New(scope, device.str()); });
  });
}

Napi::Value backends_js(const Napi::CallbackInfo& info) {
  return guarded(info, [&] {
    const core::Backends now = core::backends();
    Napi::Object result = Napi::Object::New(info.Env());
    result["cudnnBenchmark"] = now.cudnn_benchmark;
    result["cudnnDeterministic"] = now.cudnn_deterministic;
    result["cudnnAllowTf32"] = now.cudnn_allow_tf32;
    result["matmulAllowTf32"] = now.cuda_matmul_allow_tf32;
    result["deterministicAlgorithms"] = now.deterministic;
    result["deterministicWarnOnly"] = now.deterministic_warn_only;
    return result;
  });
}

Napi::Value set_backends_js(const Napi::CallbackInfo& info) {
  return guarded(info, [&] {
    const Options options(info);
    core::set_backends({options.boolean("cudnnBenchmark"), options.boolean("cudnnDeterministic"),
                        options.boolean("cudnnAllowTf32"), options.boolean("matmulAllowTf32"),
                        options.boolean("deterministicAlgorithms"),
                        options.boolean("deterministicWarnOnly")});
    return info.Env().Undefined();
  });
}

Napi::Value resolve_device_js(const Napi::CallbackInfo& info) {
  return guarded(info, [&] {
    return Napi::String::New(info.Env(), core::resolve_device(Options(info).string("device")).str());
  });
}

}  // namespace googlenet::binding
