#pragma once

namespace googlenet::core {

// Starts so many threads, all at once, and ends them again. Throws std::system_error where the system has not
// so many: OpenMP, which libtorch computes with, would then end the process. Nobody can promise that they are
// still to be had a moment later, if other processes start threads under the same limit meanwhile.
void try_threads(int count);

}  // namespace googlenet::core
