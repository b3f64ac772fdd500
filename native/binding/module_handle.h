#pragma once

#include <memory>
#include <vector>

#include "binding/handle.h"
#include "binding/session.h"

namespace googlenet::binding {

// The methods of NativeModule in src/native/binding-types.ts, the same for every kind of module.
namespace module_methods {
using Info = const Napi::CallbackInfo&;
Napi::Value parameter_count(Info info, Session& session);
Napi::Value tensors(Info info, Session& session);
Napi::Value snapshot(Info info, Session& session);
Napi::Value restore(Info info, Session& session);
Napi::Value set_training(Info info, Session& session);
Napi::Value manual_seed(Info info, Session& session);
Napi::Value generator_state(Info info, Session& session);
Napi::Value initialize(Info info, Session& session);
Napi::Value cancel(Info info, Session& session);
Napi::Value dispose(Info info, Session& session);
}  // namespace module_methods

// The JavaScript object of a module.
template <class Self>
class ModuleHandle : public Handle<Self> {
 public:
  using typename Handle<Self>::Info;
  using Method = Napi::Value (*)(Info, Session&);

  explicit ModuleHandle(Info info) : Handle<Self>(info) {}

  // For the Finalize of each class.
  void dispose_collected(Napi::Env env) {
    if (session_) session_->dispose(env);
  }

  const std::shared_ptr<Session>& session() const { return session_; }

 protected:
  template <Method body>
  Napi::Value call(Info info) {
    return guarded(info, [&] { return body(info, *session_); });
  }

  template <Method body>
  static Napi::ClassPropertyDescriptor<Self> method(const char* name) {
    return Self::InstanceMethod(name, &Self::template call<body>);
  }

  // `own`: the methods that only this kind of module has.
  static Napi::Function define(Napi::Env env, const char* name,
                               std::vector<Napi::ClassPropertyDescriptor<Self>> own) {
    own.insert(own.end(), {
                              method<module_methods::parameter_count>("parameterCount"),
                              method<module_methods::tensors>("tensors"),
                              method<module_methods::snapshot>("snapshot"),
                              method<module_methods::restore>("restore"),
                              method<module_methods::set_training>("setTraining"),
                              method<module_methods::manual_seed>("manualSeed"),
                              method<module_methods::generator_state>("generatorState"),
                              method<module_methods::initialize>("initialize"),
                              method<module_methods::cancel>("cancel"),
                              method<module_methods::dispose>("dispose"),
                          });
    return Self::DefineClass(env, name, own);
  }

  std::shared_ptr<Session> session_;
};

}  // namespace googlenet::binding
