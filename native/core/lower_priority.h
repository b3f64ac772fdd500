#pragma once

namespace googlenet::core {

// Lowers the priority of the calling thread, and of the threads it will start, a little (kNice in tuning.h).
void lower_priority();

}  // namespace googlenet::core
