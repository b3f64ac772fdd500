#pragma once

// The only include of napi.h, so that these macros come before it everywhere.
#define NAPI_CPP_EXCEPTIONS
// While a Worker is terminated, nothing can be thrown into JavaScript. Without this, node-addon-api would
// throw a C++ exception that nothing can catch, which ends the process.
#define NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS
#define NODE_ADDON_API_DISABLE_DEPRECATED

#include <napi.h>
