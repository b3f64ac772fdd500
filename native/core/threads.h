#pragma once

namespace googlenet {

// Intra-op threads of every model; from the start libtorch's own default.
void set_num_threads(int threads);
int num_threads();

// Called on a compute thread before its work: libtorch keeps the number per calling thread once that thread
// has run a parallel region, so setting it once for the process is not enough.
void apply_num_threads(int threads);

}  // namespace googlenet
