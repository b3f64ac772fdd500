// What every room uses of libtorch.
#include "core/autocast.cpp"
#include "core/backends.cpp"
#include "core/caching_allocator.cpp"
#include "core/device.cpp"
#include "core/random.cpp"
#include "core/threads.cpp"
#include "core/torch_error.cpp"
#include "core/upload.cpp"
