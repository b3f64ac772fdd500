#include "binding/addon.h"

#include <ATen/Context.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "binding/classifier_handle.h"
#include "binding/environment.h"
#include "binding/inception_handle.h"
#include "binding/libtorch_engine_handle.h"
#include "binding/options.h"
#include "binding/trainer_handle.h"
#include "core/caching_allocator.h"
#include "core/threads.h"
#include "core/torch_error.h"

namespace googlenet::binding {

namespace {

// A device that hangs would be waited for forever, and libtorch's statics must not be destroyed while a
// thread runs. So if the deadline passes and `exitCode` says that the process is ending, this ends it at
// once.
Napi::Value shut_down(const Napi::CallbackInfo& info) {
  return guarded(info, [&] {
    const Options options(info);
    const auto deadline =
        std::chrono::steady_clock::now() + std::chrono::milliseconds(options.integer("withinMs"));
    const bool ended = Environment::of(info.Env())->shut_down(deadline);
    if (!ended && !options.value("exitCode").IsNull()) {
      std::fputs("DEVICE_LOST: a device does not answer; the process ends without it.\n", stderr);
      std::_Exit(static_cast<int>(options.integer("exitCode")));
    }
    return Napi::Boolean::New(info.Env(), ended);
  });
}

}  // namespace

// All exports of the addon; src/native/binding-types.ts lists the same names.
Napi::Object init(Napi::Env env, Napi::Object exports) {
  core::install_caching_allocator();
  core::set_translator(core::report_torch_error);
  Environment::create(env);
  core::num_threads();  // reads libtorch's default before any work changes it
  // Before each convolution of one image libtorch asks whether NNPACK is available, which prints a warning
  // each time on processors that NNPACK's cpuinfo does not know, such as virtual ones. NNPACK would compute
  // batches of 16 and more, and on x86 oneDNN comes before it, so this changes no bit.
  at::globalContext().setUserEnabledNNPACK(false);

  exports["libtorch"] = Napi::Function::New<libtorch>(env, "libtorch");
  exports["cuda"] = Napi::Function::New<cuda>(env, "cuda");
  exports["shutDown"] = Napi::Function::New<shut_down>(env, "shutDown");
  exports["setNumThreads"] = Napi::Function::New<set_num_threads_js>(env, "setNumThreads");
  exports["limitDefaultThreads"] = Napi::Function::New<limit_default_threads_js>(env, "limitDefaultThreads");
  exports["numThreads"] = Napi::Function::New<num_threads_js>(env, "numThreads");
  exports["resolveDevice"] = Napi::Function::New<resolve_device_js>(env, "resolveDevice");
  exports["prepareDevice"] =
      Napi::Function::New<prepare_device_js>(env, "prepareDevice", OwnQueue::create(env));
  exports["backends"] = Napi::Function::New<backends_js>(env, "backends");
  exports["setBackends"] = Napi::Function::New<set_backends_js>(env, "setBackends");
  define_transforms(env, exports);  // multiCrop, resizeCrop

  exports["Classifier"] = ClassifierHandle::define(env);
  exports["InceptionModule"] = InceptionHandle::define(env);
  exports["LibtorchEngine"] = LibtorchEngineHandle::define(env);
  exports["Trainer"] = TrainerHandle::define(env);
  return exports;
}

NODE_API_MODULE(NODE_GYP_MODULE_NAME, init)

}  // namespace googlenet::binding
