#pragma once

// The only include of napi.h, so that these come first everywhere.
#define NAPI_CPP_EXCEPTIONS
// While a Worker is being terminated nothing can be thrown into JavaScript any more; without this
// node-addon-api throws a C++ exception where nobody can catch it, which ends the process.
#define NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS
#define NODE_ADDON_API_DISABLE_DEPRECATED

#include <napi.h>
