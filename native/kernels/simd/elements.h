#pragma once

#include "core/bfloat16.h"
#include "kernels/dtype.h"
#include "kernels/local.h"
#include "kernels/strided_pointer.h"

// The headers of this folder are sources for every instruction set: plain loops and the vector types of GCC
// and clang, whose length is a template parameter. A file with the flags of an instruction set includes and
// instantiates them.

namespace googlenet::kernels {

namespace {

// How an element is stored, and the float32 that it stands for.
template <DType kDType>
struct Element;

template <>
struct Element<DType::kFloat32> {
  using Type = float;
  static ALWAYS_INLINE float widen(float value) { return value; }
  static ALWAYS_INLINE float narrow(float value) { return value; }
};

template <>
struct Element<DType::kBfloat16> {
  // With a sign: as integers, bfloat16s that are zero or more have their order, and -0 is the lowest.
  using Type = int16_t;
  static ALWAYS_INLINE float widen(int16_t bits) { return core::from_bfloat16(static_cast<uint16_t>(bits)); }
  static ALWAYS_INLINE int16_t narrow(float value) { return static_cast<int16_t>(core::to_bfloat16(value)); }
};

template <>
struct Element<DType::kUint8> {
  using Type = uint8_t;
  static ALWAYS_INLINE float widen(uint8_t value) { return value; }
  static ALWAYS_INLINE uint8_t narrow(float value) {
    return static_cast<uint8_t>(static_cast<int>(clamp(value, 0.f, 255.f) + 0.5f));
  }
};

template <DType kDType>
using TypeOf = typename Element<kDType>::Type;

template <typename Type>
ALWAYS_INLINE Type* pixel_at(const StridedPointer& map, int64_t y, int64_t x) {
  return reinterpret_cast<Type*>(map.data + y * map.row_stride + x * map.pixel_stride);
}

// `kLanes` elements; one of them is a scalar.
template <typename Type, int kLanes>
struct VectorOf {
  typedef Type Vector __attribute__((vector_size(kLanes * sizeof(Type))));
};
template <typename Type>
struct VectorOf<Type, 1> {
  typedef Type Vector;
};

}  // namespace

}  // namespace googlenet::kernels
