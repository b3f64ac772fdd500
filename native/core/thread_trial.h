#pragma once

namespace googlenet::core {

// Starts `count` threads at the same time and ends them again. Throws std::system_error if the system lacks
// them: OpenMP, which libtorch uses, would end the process instead. If other processes start threads under
// the same limit, they may be missing again a moment later.
void try_threads(int count);

}  // namespace googlenet::core
