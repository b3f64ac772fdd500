#include "core/give_way.h"

#ifdef __linux__
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace googlenet::core {

void give_way() {
#ifdef __linux__
  // Half the weight of another thread on the same core; more made no difference to the delays of an
  // event loop beside it. On Linux a nice value is a thread's. It is a wish: nothing depends on it.
  constexpr int kNice = 3;
  const auto thread = static_cast<id_t>(syscall(SYS_gettid));
  setpriority(PRIO_PROCESS, thread, getpriority(PRIO_PROCESS, thread) + kNice);
#endif
}

}  // namespace googlenet::core
