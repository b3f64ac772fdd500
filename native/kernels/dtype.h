#pragma once

#include <cstdint>

namespace googlenet::kernels {

// Of the elements of a feature map. The weights that go with kUint8 are int8.
enum class DType : uint8_t { kFloat32, kBfloat16, kUint8 };

// In bytes.
constexpr int64_t size_of(DType dtype) {
  return dtype == DType::kFloat32 ? 4 : dtype == DType::kBfloat16 ? 2 : 1;
}

template <DType kDType>
constexpr int64_t kSizeOf = size_of(kDType);

}  // namespace googlenet::kernels
