#pragma once

#include <cstdint>
#include <functional>

namespace googlenet::core {

// Intra-op threads of every model; libtorch's default at first.
void set_num_threads(int threads);
int num_threads();
// Lowers the default to `limit`, unless set_num_threads was called: libtorch starts one thread per core and
// ignores the CPU quota of the process.
void limit_default_threads(int limit);

// For begin_work: one thread, for work that computes nothing and must not fail because the system lacks
// threads.
constexpr int kOneThread = 0;

// Called on a compute thread before its work. Opens libtorch's CUDA library if necessary, and sets the number
// of threads: libtorch keeps it per thread once that thread has run a parallel region, so setting it once per
// process is not enough. Starts the threads, and throws std::system_error, which becomes OUT_OF_MEMORY, if
// the system lacks them.
void begin_work(int threads);

// Calls `work(begin, end)` for disjoint ranges that cover [0, count), on the intra-op threads if `count`
// exceeds `grain`. at::parallel_for would silently run on one thread here: its loop is a template, compiled
// with our compiler's OpenMP, and a process cannot have two OpenMP runtimes.
void parallel_for(int64_t count, int64_t grain, const std::function<void(int64_t begin, int64_t end)>& work);

}  // namespace googlenet::core
