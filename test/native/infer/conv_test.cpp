// Compares convolutions of every instruction set with sums in double, over shapes drawn at random. Buffers
// hold exactly what kernels declare to read and write, so that AddressSanitizer sees anything beyond.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "infer/aligned_bytes.h"
#include "kernels/conv_weights.h"
#include "kernels/convolution.h"
#include "kernels/winograd.h"
#include "kernels/winograd_rows.h"
#include "tests.h"

using namespace googlenet::kernels;

namespace {

using Memory = std::vector<std::byte>;
using googlenet::infer::AlignedBytes;

constexpr DType kDTypes[] = {DType::kFloat32, DType::kBfloat16, DType::kUint8};

struct Shape {
  int height, width, inputs, outputs, kernel_size, stride, padding;

  int out(int size) const { return (size + 2 * padding - kernel_size) / stride + 1; }
  std::string name() const {
    return std::to_string(height) + "×" + std::to_string(width) + "×" + std::to_string(inputs) + " → " +
           std::to_string(outputs) + ", kernel size " + std::to_string(kernel_size) + ", stride " +
           std::to_string(stride) + ", padding " + std::to_string(padding);
  }
};

Shape draw_shape(Random& random) {
  const int kernel_sizes[] = {1, 1, 2, 3, 3, 5, 7};
  Shape shape = {};
  shape.kernel_size = random.one_of(kernel_sizes);
  shape.padding = random.in(0, shape.kernel_size / 2);
  shape.stride = random.in(1, 2);
  const int least = std::max(1, shape.kernel_size - 2 * shape.padding);
  shape.height = random.in(least, 20);
  shape.width = random.in(least, 36);
  shape.inputs = random.in(1, 70);
  shape.outputs = random.in(1, 100);
  return shape;
}

// Writes a value as kernels store it, and returns what it stands for.
double store(DType dtype, float value, std::byte* to) {
  if (dtype == DType::kFloat32) {
    std::memcpy(to, &value, 4);
    return value;
  }
  if (dtype == DType::kBfloat16) {
    const uint16_t half = to_bfloat16(value);
    std::memcpy(to, &half, 2);
    return from_bfloat16(half);
  }
  const auto whole = static_cast<int8_t>(std::clamp(std::lround(value * 40), -127L, 127L));
  std::memcpy(to, &whole, 1);
  return whole;
}

double load(DType dtype, const std::byte* from) {
  if (dtype == DType::kFloat32) return load_as<float>(from);
  if (dtype == DType::kBfloat16) return from_bfloat16(load_as<uint16_t>(from));
  return load_as<uint8_t>(from);
}

// A feature map with zeros around it as wide as the padding, and values behind it that kernels may read and
// must not use.
struct Input {
  Input(Random& random, const Shape& shape, DType dtype, int64_t before, int64_t after)
      : values(static_cast<size_t>(shape.height * shape.width * shape.inputs)),
        pixel(shape.inputs * size_of(dtype)),
        pitch(shape.width + shape.padding),
        first(before),
        memory(static_cast<size_t>(before + int64_t{shape.height} * pitch * pixel + after)) {
    for (int y = 0; y < shape.height; ++y)
      for (int x = 0; x < shape.width; ++x)
        for (int c = 0; c < shape.inputs; ++c) {
          std::byte* to = memory.data() + first + (y * pitch + x) * pixel + c * size_of(dtype);
          const float value = dtype == DType::kUint8 ? std::abs(random.normal()) : random.normal();
          values[static_cast<size_t>((y * shape.width + x) * shape.inputs + c)] = store(dtype, value, to);
        }
    const int64_t border = (int64_t{shape.height + shape.padding} * pitch + shape.padding) * pixel;
    for (int64_t i = first + border; i < static_cast<int64_t>(memory.size()); ++i)
      memory[static_cast<size_t>(i)] = std::byte{0x3f};
  }

  std::vector<double> values;
  int64_t pixel;
  int pitch;
  int64_t first;
  Memory memory;
};

// `input` counts in strides: of rows and of pixels alike.
std::vector<RowTile> draw_tiles(Random& random, const ConvKernel& kernel, const Shape& shape, int pitch,
                                int output_pitch) {
  std::vector<RowTile> tiles;
  const int height = shape.out(shape.height), width = shape.out(shape.width);
  if (kernel.takes_masks && shape.stride == 1 && pitch == output_pitch) {
    const int pixels = (height - 1) * pitch + width;
    for (int first = 0; first < pixels; first += kernel.max_pixels) {
      RowTile tile = {first, first, std::min(kernel.max_pixels, pixels - first), 0};
      for (int i = 0; i < tile.count; ++i)
        if ((first + i) % pitch < width) tile.mask |= 1u << i;
      tiles.push_back(tile);
    }
    return tiles;
  }
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width;) {
      const int count = std::min(random.in(1, kernel.max_pixels), width - x);
      tiles.push_back({y * pitch + x, y * output_pitch + x, count, first_bits(count)});
      x += count;
    }
  return tiles;
}

void test_kernel(Random& random, const ConvKernel& kernel) {
  const Shape shape = draw_shape(random);
  const DType to = random.one_of(kDTypes);
  if (kernel.to[static_cast<int>(to)] == nullptr) return;
  const int height = shape.out(shape.height), width = shape.out(shape.width);
  const int64_t size = size_of(kernel.input);
  const int64_t pixel = shape.inputs * size;
  const int pitch = shape.width + shape.padding;
  const bool same_pitch = random.maybe();
  const int output_pitch = same_pitch ? std::max(pitch, width) : width;

  const std::vector<RowTile> tiles = draw_tiles(random, kernel, shape, pitch, output_pitch);
  std::vector<int64_t> kernel_rows;
  for (int row = 0; row < shape.kernel_size; ++row)
    kernel_rows.push_back((int64_t{row - shape.padding} * pitch - shape.padding) * pixel);
  const ConvWeights layout = {nullptr, shape.outputs, shape.inputs, shape.kernel_size, shape.inputs};
  const int chunks = row_chunks(kernel, shape.kernel_size, shape.inputs);

  // What kernels declare to read: `max_pixels` pixels from the start of each tile, whole chunks of each row.
  int64_t last_byte = 0;
  for (const RowTile& tile : tiles) {
    const int64_t first = int64_t{tile.input} * shape.stride * pixel;
    last_byte = std::max(last_byte, first + (kernel.max_pixels - 1) * shape.stride * pixel +
                                        kernel_rows.back() + chunks * kernel.chunk * size);
  }
  const int64_t before = (int64_t{shape.padding} * pitch + shape.padding) * pixel;
  const int64_t after = std::max<int64_t>(0, last_byte - int64_t{shape.height} * pitch * pixel);
  const Input input(random, shape, kernel.input, before, after);

  Memory weights(static_cast<size_t>(int64_t{shape.outputs} * shape.inputs * shape.kernel_size *
                                     shape.kernel_size * size));
  std::vector<double> weight_values;
  for (size_t i = 0; i < weights.size() / static_cast<size_t>(size); ++i)
    weight_values.push_back(
        store(kernel.input, random.normal(), weights.data() + i * static_cast<size_t>(size)));
  ConvWeights weights_of = layout;
  weights_of.values = weights.data();
  Memory packed(static_cast<size_t>(packed_bytes(kernel, weights_of)));
  pack(kernel, weights_of, packed.data());

  const bool has_scale = kernel.input == DType::kUint8 || to == DType::kUint8;
  std::vector<float> bias, scale;
  for (int o = 0; o < shape.outputs; ++o) {
    bias.push_back(random.normal());
    scale.push_back(has_scale ? 0.001f + 0.01f * std::abs(random.normal()) : 1);
  }
  const int channels = shape.outputs + random.in(0, 5), channel = random.in(0, channels - shape.outputs);
  const int64_t output_pixel = channels * size_of(to);
  Memory output(static_cast<size_t>((int64_t{height - 1} * output_pitch + width) * output_pixel),
                std::byte{0xab});
  const bool relu = random.maybe() || to == DType::kUint8;
  const Convolution conv = {.input = input.memory.data() + input.first,
                            .input_stride = shape.stride * pixel,
                            .kernel_rows = kernel_rows.data(),
                            .kernel_row_count = shape.kernel_size,
                            .row_chunks = chunks,
                            .weights = packed.data(),
                            .scale = has_scale ? scale.data() : nullptr,
                            .bias = bias.data(),
                            .output = output.data() + channel * size_of(to),
                            .output_stride = output_pixel,
                            .output_channels = shape.outputs,
                            .relu = relu,
                            .prefetch = random.maybe() ? packed.data() : nullptr,
                            .prefetch_bytes = static_cast<int64_t>(packed.size())};
  const int all = block_count(kernel, shape.outputs), some = random.in(0, all);
  kernel.begin_thread();
  kernel.to[static_cast<int>(to)](conv, tiles.data(), static_cast<int>(tiles.size()), 0, some);
  kernel.to[static_cast<int>(to)](conv, tiles.data(), static_cast<int>(tiles.size()), some, all);
  kernel.end_thread();

  for (int64_t p = 0; p < static_cast<int64_t>(output.size()) / output_pixel; ++p) {
    const int y = static_cast<int>(p) / output_pitch, x = static_cast<int>(p) % output_pitch;
    for (int c = 0; c < channels; ++c) {
      const std::byte* at = output.data() + p * output_pixel + c * size_of(to);
      const int o = c - channel;
      if (x >= width || o < 0 || o >= shape.outputs) {
        for (int64_t b = 0; b < size_of(to); ++b)
          if (at[b] != std::byte{0xab}) fail(shape.name() + ": wrote next to the output");
        continue;
      }
      double sum = 0, sizes = 0;
      for (int dy = 0; dy < shape.kernel_size; ++dy)
        for (int dx = 0; dx < shape.kernel_size; ++dx) {
          const int in_y = y * shape.stride + dy - shape.padding,
                    in_x = x * shape.stride + dx - shape.padding;
          if (in_y < 0 || in_y >= shape.height || in_x < 0 || in_x >= shape.width) continue;
          for (int i = 0; i < shape.inputs; ++i) {
            const double product =
                input.values[static_cast<size_t>((in_y * shape.width + in_x) * shape.inputs + i)] *
                weight_values[static_cast<size_t>(
                    ((o * shape.inputs + i) * shape.kernel_size + dy) * shape.kernel_size + dx)];
            sum += product;
            sizes += std::abs(product);
          }
        }
      double expected = sum * (has_scale ? scale[static_cast<size_t>(o)] : 1) + bias[static_cast<size_t>(o)];
      if (relu) expected = std::max(expected, 0.);
      double tolerance = 2e-6 * (sizes * (has_scale ? scale[static_cast<size_t>(o)] : 1) + 1);
      if (to == DType::kBfloat16) tolerance += std::abs(expected) / 200;
      if (to == DType::kUint8) {
        expected = std::clamp(expected, 0., 255.);
        tolerance += 0.5;
      }
      const double found = load(to, at);
      if (!(std::abs(found - expected) <= tolerance))
        fail(shape.name() + ": expected " + std::to_string(expected) + " but got " + std::to_string(found));
    }
  }
}

struct Weights {
  std::vector<float> weights, bias;
};

Weights draw_weights(Random& random, const Shape& shape) {
  Weights drawn;
  for (int i = 0; i < shape.outputs * shape.inputs * shape.kernel_size * shape.kernel_size; ++i)
    drawn.weights.push_back(random.normal());
  for (int o = 0; o < shape.outputs; ++o) drawn.bias.push_back(random.normal());
  return drawn;
}

// Compares float32 within the error that Winograd convolution may have.
void compare(const std::string& what, const Shape& shape, const Input& input,
             const std::vector<float>& weights, const std::vector<float>& bias,
             const std::vector<float>& output) {
  const int height = shape.out(shape.height), width = shape.out(shape.width), side = shape.kernel_size;
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      for (int o = 0; o < shape.outputs; ++o) {
        double expected = bias[static_cast<size_t>(o)], sizes = 1;
        for (int dy = 0; dy < side; ++dy)
          for (int dx = 0; dx < side; ++dx) {
            const int in_y = y * shape.stride + dy - shape.padding,
                      in_x = x * shape.stride + dx - shape.padding;
            if (in_y < 0 || in_y >= shape.height || in_x < 0 || in_x >= shape.width) continue;
            for (int i = 0; i < shape.inputs; ++i) {
              const double term =
                  input.values[static_cast<size_t>((in_y * shape.width + in_x) * shape.inputs + i)] *
                  weights[static_cast<size_t>(((o * shape.inputs + i) * side + dy) * side + dx)];
              expected += term;
              sizes += std::abs(term);
            }
          }
        const double found = output[static_cast<size_t>((y * width + x) * shape.outputs + o)];
        if (!(std::abs(found - expected) <= 2e-5 * sizes))
          fail(what + shape.name() + ": expected " + std::to_string(expected) + " but got " +
               std::to_string(found));
      }
}

void test_winograd(Random& random, const WinogradKernel& kernel) {
  Shape shape = draw_shape(random);
  shape.kernel_size = kernel.kernel_size;
  shape.padding = shape.kernel_size / 2;
  shape.stride = 1;
  const WinogradChannels channels = {shape.inputs, shape.outputs};
  const Input input(random, shape, DType::kFloat32, 0, 0);
  const auto [weights, bias] = draw_weights(random, shape);
  std::vector<float> packed(static_cast<size_t>(kernel.weights_bytes(channels) / 4));
  kernel.pack(weights.data(), channels, packed.data());

  const int across = (shape.width + kernel.tile.width - 1) / kernel.tile.width;
  const int tiles = across * ((shape.height + kernel.tile.height - 1) / kernel.tile.height);
  const StridedPointer from = {const_cast<std::byte*>(input.memory.data()), input.pitch * input.pixel,
                               input.pixel};
  const Size size = {shape.height, shape.width};
  std::vector<float> output(static_cast<size_t>(shape.height * shape.width * shape.outputs));
  const int64_t pixel = shape.outputs * 4;
  const StridedPointer to = {reinterpret_cast<std::byte*>(output.data()), shape.width * pixel, pixel};
  const int blocks = (shape.outputs + kernel.block - 1) / kernel.block, middle = random.in(0, blocks);
  const AlignedBytes sums(kernel.sums_bytes);
  for (int first = 0; first < tiles;) {
    const int last = std::min(tiles, first + random.in(1, 120));
    std::vector<float> transformed(static_cast<size_t>(kernel.points * (last - first) * shape.inputs));
    kernel.transform_input({channels, from, size, across, transformed.data()}, first, last);
    const WinogradProduct product = {channels,
                                     transformed.data(),
                                     reinterpret_cast<float*>(sums.data()),
                                     across,
                                     packed.data(),
                                     bias.data(),
                                     to,
                                     size,
                                     /*relu=*/false};
    kernel.multiply(product, 0, middle, first, last);
    kernel.multiply(product, middle, blocks, first, last);
    first = last;
  }

  compare("Winograd, ", shape, input, weights, bias, output);
}

void test_rows(Random& random, const WinogradRowsKernel& kernel) {
  Shape shape = draw_shape(random);
  shape.kernel_size = kRowsKernelSize;
  shape.padding = kRowsPadding;
  shape.stride = kRowsStride;
  shape.inputs = random.in(1, kRowsMaxInputs);
  const int height = shape.out(shape.height), width = shape.out(shape.width);
  const Input input(random, shape, DType::kFloat32, 0, 0);
  const auto [weights, bias] = draw_weights(random, shape);
  std::vector<float> packed(static_cast<size_t>(kernel.weights_bytes(shape.inputs, shape.outputs) / 4));
  kernel.pack(weights.data(), shape.inputs, shape.outputs, packed.data());

  const int tiles = (width + kRowsTile - 1) / kRowsTile;
  const int64_t across = row_floats(tiles, shape.inputs);
  const StridedPointer from = {const_cast<std::byte*>(input.memory.data()), input.pitch * input.pixel,
                               input.pixel};
  std::vector<float> output(static_cast<size_t>(height * width * shape.outputs));
  const int64_t pixel = shape.outputs * 4;
  const StridedPointer to = {reinterpret_cast<std::byte*>(output.data()), width * pixel, pixel};
  std::vector<float> line(static_cast<size_t>(line_floats(tiles, shape.inputs)), NAN);
  const AlignedBytes sums(kernel.sums_bytes);
  for (int first = 0; first < height;) {
    const int last = std::min(height, first + random.in(1, 9));
    const int first_row = kRowsStride * first - kRowsPadding;
    const int rows = kRowsStride * (last - first - 1) + kRowsKernelSize;
    std::vector<float> transformed(static_cast<size_t>(kRowsPoints * rows * across), NAN);
    kernel.transform_input(
        {shape.inputs, from, {shape.height, shape.width}, tiles, transformed.data(), line.data()}, first_row,
        first_row + rows);
    kernel.multiply({shape.inputs, shape.outputs, transformed.data(), first_row, rows,
                     reinterpret_cast<float*>(sums.data()), tiles, packed.data(), bias.data(), to, width,
                     /*relu=*/false},
                    first, last);
    first = last;
  }
  compare("Winograd along rows, ", shape, input, weights, bias, output);
}

}  // namespace

int64_t test_convolutions(Random& random, int repeats) {
  int64_t tested = 0;
  for (const ConvKernel* kernel : conv_kernels())
    for (int i = 0; kernel->is_supported() && i < repeats; ++i, ++tested) test_kernel(random, *kernel);
  for (const InstructionSet set : {InstructionSet::kAvx2, InstructionSet::kAvx512}) {
    for (const WinogradKernel& kernel : winograd_kernels(set))
      for (int i = 0; i < repeats; ++i, ++tested) test_winograd(random, kernel);
    const WinogradRowsKernel* rows = winograd_rows_kernel(set);
    for (int i = 0; rows != nullptr && i < repeats; ++i, ++tested) test_rows(random, *rows);
  }
  return tested;
}
