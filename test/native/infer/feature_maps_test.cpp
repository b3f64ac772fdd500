// Compares pooling, local response normalization and the reading of images with loops in double.
#include "kernels/feature_maps.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <vector>

#include "tests.h"

using namespace googlenet::kernels;

namespace {

size_t index(DType dtype) {
  return static_cast<size_t>(dtype);
}

// A feature map of any type, in memory that ends with its last pixel.
struct Map {
  Map(DType dtype, Size size, int channels)
      : dtype(dtype),
        size(size),
        channels(channels),
        memory(static_cast<size_t>(size.height * size.width * channels * size_of(dtype))) {}

  StridedPointer pointer() {
    const int64_t pixel = channels * size_of(dtype);
    return {memory.data(), size.width * pixel, pixel};
  }
  std::byte* at(int y, int x, int c) {
    return memory.data() + ((int64_t{y} * size.width + x) * channels + c) * size_of(dtype);
  }
  double get(int y, int x, int c) {
    if (dtype == DType::kFloat32) return load_as<float>(at(y, x, c));
    if (dtype == DType::kBfloat16) return from_bfloat16(load_as<uint16_t>(at(y, x, c)));
    return load_as<uint8_t>(at(y, x, c));
  }
  // Zero or more: what follows a ReLU.
  void fill(Random& random) {
    for (int y = 0; y < size.height; ++y)
      for (int x = 0; x < size.width; ++x)
        for (int c = 0; c < channels; ++c) set(y, x, c, std::max(random.normal(), 0.f));
  }
  void set(int y, int x, int c, float value) {
    const uint16_t half =
        std::isnan(value) ? static_cast<uint16_t>(std::bit_cast<uint32_t>(value) >> 16) : to_bfloat16(value);
    const auto byte = static_cast<uint8_t>(std::min(value * 60, 255.f));
    if (dtype == DType::kFloat32) std::memcpy(at(y, x, c), &value, 4);
    if (dtype == DType::kBfloat16) std::memcpy(at(y, x, c), &half, 2);
    if (dtype == DType::kUint8) std::memcpy(at(y, x, c), &byte, 1);
  }
  void expect(const char* what, int y, int x, int c, double expected) {
    const double tolerance = dtype == DType::kFloat32    ? 1e-5 * (std::abs(expected) + 1)
                             : dtype == DType::kBfloat16 ? std::abs(expected) / 200 + 1e-6
                                                         : 0.5 + 1e-4;
    if (!(std::abs(get(y, x, c) - expected) <= tolerance))
      fail(std::string(what) + ": expected " + std::to_string(expected) + " but got " +
           std::to_string(get(y, x, c)));
  }

  DType dtype;
  Size size;
  int channels;
  std::vector<std::byte> memory;
};

constexpr DType kDTypes[] = {DType::kFloat32, DType::kBfloat16, DType::kUint8};

void test_max_pool(Random& random, const FeatureMapKernels& kernels, DType dtype) {
  const int kernel_size = random.in(2, 3), stride = random.in(1, 3), padding = random.in(0, kernel_size / 2);
  const Size size = {random.in(kernel_size, 15), random.in(kernel_size, 15)};
  Map input(dtype, size, random.in(1, 200));
  input.fill(random);
  const float others[] = {NAN, -NAN, INFINITY};
  for (int i = dtype == DType::kUint8 ? 0 : random.in(0, 3); i > 0; --i)
    input.set(random.in(0, size.height - 1), random.in(0, size.width - 1), random.in(0, input.channels - 1),
              random.one_of(others));
  // The last window may be cut off by the end of the feature map, but starts inside.
  const bool ceil = random.maybe();
  const auto pooled = [&](int side) {
    const int past = side + 2 * padding - kernel_size;
    const int count = (past + (ceil ? stride - 1 : 0)) / stride + 1;
    return (count - 1) * stride - padding < side ? count : count - 1;
  };
  Map output(dtype, {pooled(size.height), pooled(size.width)}, input.channels);
  const MaxPool pool = {input.pointer(), size,        output.pointer(), output.size.width,
                        input.channels,  kernel_size, stride,           padding};
  const int split = random.in(0, output.size.height);
  kernels.max_pool[index(dtype)](pool, 0, split);
  kernels.max_pool[index(dtype)](pool, split, output.size.height);
  for (int y = 0; y < output.size.height; ++y)
    for (int x = 0; x < output.size.width; ++x)
      for (int c = 0; c < input.channels; ++c) {
        double largest = 0;
        for (int i = std::max(0, y * stride - padding);
             i < std::min(size.height, y * stride - padding + kernel_size); ++i)
          for (int j = std::max(0, x * stride - padding);
               j < std::min(size.width, x * stride - padding + kernel_size); ++j)
            if (!(input.get(i, j, c) <= largest))
              largest = std::isnan(largest) ? largest : input.get(i, j, c);
        const double found = output.get(y, x, c);
        if (found != largest && !(std::isnan(found) && std::isnan(largest)))
          fail("max-pool: another maximum");
      }
}

void test_average(Random& random, const FeatureMapKernels& kernels, DType dtype, DType to) {
  const bool is_adaptive = random.maybe();
  const int kernel_size = is_adaptive ? 0 : random.in(1, 6), stride = random.in(1, 3);
  const Size size = {random.in(std::max(kernel_size, 1), 14), random.in(std::max(kernel_size, 1), 14)};
  const auto averaged = [&](int side) {
    return is_adaptive ? random.in(1, 6) : (side - kernel_size) / stride + 1;
  };
  Map input(dtype, size, random.in(1, 70));
  input.fill(random);
  Map output(to, {averaged(size.height), averaged(size.width)}, input.channels);
  const float scale = 0.5f + random.in(0, 4);
  const AveragePool average = {input.pointer(), size,        output.pointer(), output.size,
                               input.channels,  kernel_size, stride,           scale};
  kernels.average_pool[index(dtype)][index(to)](average, 0, output.size.height);
  const auto begin = [&](int i, int in, int out) { return is_adaptive ? i * in / out : i * stride; };
  const auto end = [&](int i, int in, int out) {
    return is_adaptive ? ((i + 1) * in + out - 1) / out : i * stride + kernel_size;
  };
  for (int y = 0; y < output.size.height; ++y)
    for (int x = 0; x < output.size.width; ++x)
      for (int c = 0; c < input.channels; ++c) {
        double sum = 0;
        int count = 0;
        for (int i = begin(y, size.height, output.size.height); i < end(y, size.height, output.size.height);
             ++i)
          for (int j = begin(x, size.width, output.size.width); j < end(x, size.width, output.size.width);
               ++j, ++count)
            sum += input.get(i, j, c);
        const double mean = sum / count * scale;
        output.expect("average", y, x, c, to == DType::kUint8 ? std::min(mean, 255.) : mean);
      }
}

// NaN of any bits stays NaN in an average, however it is rounded.
void test_nan(Random& random, const FeatureMapKernels& kernels, DType dtype, DType to) {
  Map input(dtype, {1, 1}, random.in(1, 70)), output(to, {1, 1}, input.channels);
  input.fill(random);
  const uint32_t payloads[] = {0x7fc00000, 0xffc00000, 0x7fffffff, 0xffffffff, 0x7fff0000, 0xffff0000};
  input.set(0, 0, 0, std::bit_cast<float>(random.one_of(payloads)));
  kernels.average_pool[index(dtype)][index(to)](
      {input.pointer(), {1, 1}, output.pointer(), {1, 1}, input.channels, 1, 1, 1}, 0, 1);
  if (!std::isnan(output.get(0, 0, 0))) fail("average: NaN became a value");
}

void test_normalize(Random& random, const FeatureMapKernels& kernels, DType dtype) {
  Map input(dtype, {random.in(1, 6), random.in(1, 6)}, random.in(1, 100));
  input.fill(random);
  Map output(dtype, input.size, input.channels);
  const float in_scale = dtype == DType::kUint8 ? 0.02f : 1, out_scale = dtype == DType::kUint8 ? 0.03f : 1;
  const LocalResponseNorm normalize = {input.pointer(), output.pointer(), input.size.width, input.channels,
                                       /*alpha=*/0.5f,  /*k=*/1.5f,       in_scale,         out_scale};
  kernels.local_response_norm[index(dtype)](normalize, 0, input.size.height);
  for (int y = 0; y < input.size.height; ++y)
    for (int x = 0; x < input.size.width; ++x)
      for (int c = 0; c < input.channels; ++c) {
        double squares = 0;
        for (int i = std::max(0, c - 2); i <= std::min(input.channels - 1, c + 2); ++i)
          squares += std::pow(input.get(y, x, i) * in_scale, 2);
        const double value_meant = input.get(y, x, c) * in_scale / std::pow(1.5 + 0.5 / 5 * squares, 0.75);
        output.expect("local response norm", y, x, c, value_meant / out_scale);
      }
}

void test_read(Random& random, const FeatureMapKernels& kernels, DType to) {
  const Size size = {random.in(1, 20), random.in(1, 20)};
  const int stored = random.in(3, 4), plane = size.height * size.width;
  Map output(to, size, stored);
  ImageInput image = {size, {}, {}, output.pointer(), stored};
  for (int c = 0; c < 3; ++c) {
    image.scale[c] = random.normal();
    image.shift[c] = random.normal();
  }
  std::vector<float> floats(static_cast<size_t>(plane * 3));
  std::vector<uint8_t> bytes(static_cast<size_t>(plane * 3));
  for (float& number : floats) number = random.normal();
  for (uint8_t& number : bytes) number = static_cast<uint8_t>(random.in(0, 255));
  const auto check = [&](const char* what, const auto& of) {
    for (int y = 0; y < size.height; ++y)
      for (int x = 0; x < size.width; ++x) {
        for (int c = 0; c < 3; ++c)
          output.expect(what, y, x, c, of(y, x, c) * double{image.scale[c]} + image.shift[c]);
        if (stored == 4) output.expect(what, y, x, 3, 0);
      }
  };
  if (!kernels.read_float32_image[index(to)](image, floats.data(), 0, size.height))
    fail("finite values are taken for others");
  check("reading floats", [&](int y, int x, int c) {
    return double{floats[static_cast<size_t>((c * size.height + y) * size.width + x)]};
  });
  kernels.read_uint8_image[index(to)](image, bytes.data(), 0, size.height);
  check("reading bytes", [&](int y, int x, int c) {
    return double(bytes[static_cast<size_t>((y * size.width + x) * 3 + c)]);
  });

  const float others[] = {NAN, -NAN, INFINITY, -INFINITY};
  const int place = random.in(0, plane * 3 - 1), row = place % plane / size.width;
  floats[static_cast<size_t>(place)] = random.one_of(others);
  if (kernels.read_float32_image[index(to)](image, floats.data(), row, row + 1))
    fail("NaN or infinity is not seen");
}

}  // namespace

int64_t test_feature_maps(Random& random, int repeats) {
  int64_t tested = 0;
  for (const InstructionSet set : {InstructionSet::kAvx2, InstructionSet::kAvx512}) {
    if (!(set == InstructionSet::kAvx2 ? has_avx2() : has_avx512())) continue;
    const FeatureMapKernels& kernels = feature_map_kernels(set);
    for (int i = 0; i < repeats; ++i)
      for (const DType dtype : kDTypes) {
        test_max_pool(random, kernels, dtype);
        test_average(random, kernels, dtype, random.one_of(kDTypes));
        test_normalize(random, kernels, dtype);
        tested += 3;
        if (dtype == DType::kUint8) continue;
        test_read(random, kernels, dtype);
        test_nan(random, kernels, dtype, random.maybe() ? DType::kFloat32 : DType::kBfloat16);
        tested += 2;
      }
  }
  return tested;
}
