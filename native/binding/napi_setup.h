#pragma once

// The only include of napi.h, so that these come first everywhere.
#define NAPI_CPP_EXCEPTIONS
#define NODE_ADDON_API_DISABLE_DEPRECATED

#include <napi.h>
