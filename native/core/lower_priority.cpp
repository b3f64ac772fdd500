#include "core/lower_priority.h"

#include "core/tuning.h"

#ifdef __linux__
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace googlenet::core {

void lower_priority() {
#ifdef __linux__
  // On Linux a nice value belongs to a thread. A failure is ignored: nothing depends on the priority.
  const auto thread = static_cast<id_t>(syscall(SYS_gettid));
  setpriority(PRIO_PROCESS, thread, getpriority(PRIO_PROCESS, thread) + kNice);
#endif
}

}  // namespace googlenet::core
