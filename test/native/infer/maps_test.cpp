// Pools, averages, normalisation and the reading of pictures against loops in double.
#include "kernels/maps.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <vector>

#include "tests.h"

using namespace googlenet::kernels;

namespace {

// A map of numbers of any kind, in memory that ends with its last pixel.
struct Map {
  Map(Number number, Size size, int channels)
      : number(number),
        size(size),
        channels(channels),
        memory(static_cast<size_t>(size.height * size.width * channels * size_of(number))) {}

  Place place() {
    const int64_t pixel = channels * size_of(number);
    return {memory.data(), size.width * pixel, pixel};
  }
  std::byte* at(int y, int x, int c) {
    return memory.data() + ((int64_t{y} * size.width + x) * channels + c) * size_of(number);
  }
  double get(int y, int x, int c) {
    if (number == Number::kFloat) return load_as<float>(at(y, x, c));
    if (number == Number::kBfloat16) return from_bfloat16(load_as<uint16_t>(at(y, x, c)));
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
    if (number == Number::kFloat) std::memcpy(at(y, x, c), &value, 4);
    if (number == Number::kBfloat16) std::memcpy(at(y, x, c), &half, 2);
    if (number == Number::kByte) std::memcpy(at(y, x, c), &byte, 1);
  }
  void expect(const char* what, int y, int x, int c, double expected) {
    const double tolerance = number == Number::kFloat      ? 1e-5 * (std::abs(expected) + 1)
                             : number == Number::kBfloat16 ? std::abs(expected) / 200 + 1e-6
                                                           : 0.5 + 1e-4;
    if (!(std::abs(get(y, x, c) - expected) <= tolerance))
      fail(std::string(what) + ": expected " + std::to_string(expected) + " but got " +
           std::to_string(get(y, x, c)));
  }

  Number number;
  Size size;
  int channels;
  std::vector<std::byte> memory;
};

constexpr Number kNumbers[] = {Number::kFloat, Number::kBfloat16, Number::kByte};

void test_max_pool(Random& random, const MapKernels& kernels, Number number) {
  const int window = random.in(2, 3), stride = random.in(1, 3), padding = random.in(0, window / 2);
  const Size size = {random.in(window, 15), random.in(window, 15)};
  Map input(number, size, random.in(1, 200));
  input.fill(random);
  const float others[] = {NAN, -NAN, INFINITY};
  for (int i = number == Number::kByte ? 0 : random.in(0, 3); i > 0; --i)
    input.set(random.in(0, size.height - 1), random.in(0, size.width - 1), random.in(0, input.channels - 1),
              random.one_of(others));
  // The last window may be cut off by the end of the map, but begins inside.
  const bool ceil = random.maybe();
  const auto pooled = [&](int side) {
    const int past = side + 2 * padding - window;
    const int count = (past + (ceil ? stride - 1 : 0)) / stride + 1;
    return (count - 1) * stride - padding < side ? count : count - 1;
  };
  Map output(number, {pooled(size.height), pooled(size.width)}, input.channels);
  const MaxPool pool = {input.place(),  size,   output.place(), output.size.width,
                        input.channels, window, stride,         padding};
  const int split = random.in(0, output.size.height);
  kernels.max_pool(number, pool, 0, split);
  kernels.max_pool(number, pool, split, output.size.height);
  for (int y = 0; y < output.size.height; ++y)
    for (int x = 0; x < output.size.width; ++x)
      for (int c = 0; c < input.channels; ++c) {
        double most = 0;
        for (int i = std::max(0, y * stride - padding);
             i < std::min(size.height, y * stride - padding + window); ++i)
          for (int j = std::max(0, x * stride - padding);
               j < std::min(size.width, x * stride - padding + window); ++j)
            if (!(input.get(i, j, c) <= most)) most = std::isnan(most) ? most : input.get(i, j, c);
        const double found = output.get(y, x, c);
        if (found != most && !(std::isnan(found) && std::isnan(most))) fail("max-pool: another maximum");
      }
}

void test_average(Random& random, const MapKernels& kernels, Number number, Number to) {
  const bool is_adaptive = random.maybe();
  const int window = is_adaptive ? 0 : random.in(1, 6), stride = random.in(1, 3);
  const Size size = {random.in(std::max(window, 1), 14), random.in(std::max(window, 1), 14)};
  const auto averaged = [&](int side) {
    return is_adaptive ? random.in(1, 6) : (side - window) / stride + 1;
  };
  Map input(number, size, random.in(1, 70));
  input.fill(random);
  Map output(to, {averaged(size.height), averaged(size.width)}, input.channels);
  const float scale = 0.5f + random.in(0, 4);
  const Average average = {input.place(),  size,   output.place(), output.size,
                           input.channels, window, stride,         scale};
  kernels.average(number, to, average, 0, output.size.height);
  const auto begin = [&](int i, int in, int out) { return is_adaptive ? i * in / out : i * stride; };
  const auto end = [&](int i, int in, int out) {
    return is_adaptive ? ((i + 1) * in + out - 1) / out : i * stride + window;
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
        output.expect("average", y, x, c, to == Number::kByte ? std::min(mean, 255.) : mean);
      }
}

// NaN of any bits stays NaN in an average, however it is rounded.
void test_nan(Random& random, const MapKernels& kernels, Number number, Number to) {
  Map input(number, {1, 1}, random.in(1, 70)), output(to, {1, 1}, input.channels);
  input.fill(random);
  const uint32_t payloads[] = {0x7fc00000, 0xffc00000, 0x7fffffff, 0xffffffff, 0x7fff0000, 0xffff0000};
  input.set(0, 0, 0, std::bit_cast<float>(random.one_of(payloads)));
  kernels.average(number, to, {input.place(), {1, 1}, output.place(), {1, 1}, input.channels, 1, 1, 1}, 0, 1);
  if (!std::isnan(output.get(0, 0, 0))) fail("average: NaN became a number");
}

void test_normalize(Random& random, const MapKernels& kernels, Number number) {
  Map input(number, {random.in(1, 6), random.in(1, 6)}, random.in(1, 100));
  input.fill(random);
  Map output(number, input.size, input.channels);
  const float in_scale = number == Number::kByte ? 0.02f : 1, out_scale = number == Number::kByte ? 0.03f : 1;
  const Normalize normalize = {input.place(),  output.place(), input.size.width, input.channels,
                               /*alpha=*/0.5f, /*k=*/1.5f,     in_scale,         out_scale};
  kernels.normalize(number, normalize, 0, input.size.height);
  for (int y = 0; y < input.size.height; ++y)
    for (int x = 0; x < input.size.width; ++x)
      for (int c = 0; c < input.channels; ++c) {
        double squares = 0;
        for (int i = std::max(0, c - 2); i <= std::min(input.channels - 1, c + 2); ++i)
          squares += std::pow(input.get(y, x, i) * in_scale, 2);
        const double number_meant = input.get(y, x, c) * in_scale / std::pow(1.5 + 0.5 / 5 * squares, 0.75);
        output.expect("normalisation", y, x, c, number_meant / out_scale);
      }
}

void test_read(Random& random, const MapKernels& kernels, Number to) {
  const Size size = {random.in(1, 20), random.in(1, 20)};
  const int stored = random.in(3, 4), plane = size.height * size.width;
  Map output(to, size, stored);
  Picture picture = {size, {}, {}, output.place(), stored};
  for (int c = 0; c < 3; ++c) {
    picture.scale[c] = random.normal();
    picture.shift[c] = random.normal();
  }
  std::vector<float> floats(static_cast<size_t>(plane * 3));
  std::vector<uint8_t> bytes(static_cast<size_t>(plane * 3));
  for (float& number : floats) number = random.normal();
  for (uint8_t& number : bytes) number = static_cast<uint8_t>(random.in(0, 255));
  const auto check = [&](const char* what, const auto& of) {
    for (int y = 0; y < size.height; ++y)
      for (int x = 0; x < size.width; ++x) {
        for (int c = 0; c < 3; ++c)
          output.expect(what, y, x, c, of(y, x, c) * double{picture.scale[c]} + picture.shift[c]);
        if (stored == 4) output.expect(what, y, x, 3, 0);
      }
  };
  if (!kernels.read_floats(to, picture, floats.data(), 0, size.height))
    fail("finite numbers are taken for others");
  check("reading floats", [&](int y, int x, int c) {
    return double{floats[static_cast<size_t>((c * size.height + y) * size.width + x)]};
  });
  kernels.read_bytes(to, picture, bytes.data(), 0, size.height);
  check("reading bytes", [&](int y, int x, int c) {
    return double(bytes[static_cast<size_t>((y * size.width + x) * 3 + c)]);
  });

  const float others[] = {NAN, -NAN, INFINITY, -INFINITY};
  const int place = random.in(0, plane * 3 - 1), row = place % plane / size.width;
  floats[static_cast<size_t>(place)] = random.one_of(others);
  if (kernels.read_floats(to, picture, floats.data(), row, row + 1)) fail("NaN or infinity is not seen");
}

}  // namespace

int64_t test_maps(Random& random, int repeats) {
  int64_t tested = 0;
  for (const Tier tier : {Tier::kAvx2, Tier::kAvx512}) {
    if (!(tier == Tier::kAvx2 ? has_avx2() : has_avx512())) continue;
    const MapKernels& kernels = map_kernels(tier);
    for (int i = 0; i < repeats; ++i)
      for (const Number number : kNumbers) {
        test_max_pool(random, kernels, number);
        test_average(random, kernels, number, random.one_of(kNumbers));
        test_normalize(random, kernels, number);
        tested += 3;
        if (number == Number::kByte) continue;
        test_read(random, kernels, number);
        test_nan(random, kernels, number, random.maybe() ? Number::kFloat : Number::kBfloat16);
        tested += 2;
      }
  }
  return tested;
}
