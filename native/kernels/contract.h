#pragma once

// What a kernel expects of its caller: alignment, padding, ranges, sizes. Checked at the entry of a kernel in
// debug builds and in the sanitizer tests; without a trace in a release.
#ifdef NDEBUG
#define KERNEL_REQUIRES(condition) static_cast<void>(sizeof(!(condition)))
#else
#define KERNEL_REQUIRES(condition) \
  static_cast<void>((condition) || \
                    (googlenet::kernels::contract_failed(#condition, __FILE__, __LINE__), false))
#endif

namespace googlenet::kernels {

// Prints the condition and aborts.
[[noreturn]] void contract_failed(const char* condition, const char* file, int line);

}  // namespace googlenet::kernels
