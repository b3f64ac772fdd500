#pragma once

namespace googlenet::core {

// Lowers the priority of the calling thread, and of those that it will start, a little.
void give_way();

}  // namespace googlenet::core
