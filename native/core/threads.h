#pragma once

#include <cstdint>
#include <functional>

namespace googlenet::core {

// Intra-op threads of every model; from the start libtorch's own default.
void set_num_threads(int threads);
int num_threads();
// Lowers the default, unless somebody has set another number: libtorch starts a thread for each core,
// whatever the quota of the process.
void limit_default_threads(int most);

// In place of a number of threads: for work that computes nothing, and must not fail because others are
// missing.
constexpr int kOneThread = 0;

// Called on a compute thread before its work. Opens libtorch's CUDA library where that must be, and sets the
// number of threads: libtorch keeps it per calling thread once that thread has run a parallel region, so
// setting it once for the process is not enough. Starts the threads, and throws OUT_OF_MEMORY where the
// system has none to give.
void begin_work(int threads);

// `work(begin, end)` for disjoint ranges that cover [0, count), on the intra-op threads when there are more
// than `grain`. at::parallel_for would run on one thread here without a word: its loop is compiled where it
// is called, and needs that compiler's own OpenMP, of which a process can't have two.
void parallel_for(int64_t count, int64_t grain, const std::function<void(int64_t begin, int64_t end)>& work);

}  // namespace googlenet::core
