#include <immintrin.h>

#include "kernels/contract.h"
#include "kernels/instruction_set_kernels.h"
#include "kernels/local.h"

namespace googlenet::kernels {

namespace {

constexpr int kLanes = 8;
constexpr int kBlock = 2 * kLanes;
constexpr int kMaxPixels = 6;  // with two vectors each they fill 12 of 16 registers

// Sums of two vectors of channels for `kPixels` pixels, in registers until they are complete.
template <int kPixels>
void convolve_tile(const Convolution& conv, const RowTile& tile, const float* weights, int channel) {
  const int64_t stride = conv.input_stride;
  const std::byte* first = conv.input + tile.input * stride;
  __m256 sums[kPixels][2];
#pragma GCC unroll 6
  for (int p = 0; p < kPixels; ++p) sums[p][0] = sums[p][1] = _mm256_setzero_ps();
  for (int row = 0; row < conv.kernel_row_count; ++row) {
    const std::byte* in[2] = {first + conv.kernel_rows[row], first + conv.kernel_rows[row] + 3 * stride};
    for (int k = 0; k < conv.row_chunks; ++k) {
      const __m256 w0 = _mm256_loadu_ps(weights), w1 = _mm256_loadu_ps(weights + kLanes);
      weights += kBlock;
#pragma GCC unroll 6
      for (int p = 0; p < kPixels; ++p) {
        const __m256 x = _mm256_broadcast_ss(reinterpret_cast<const float*>(in[p / 3] + p % 3 * stride));
        sums[p][0] = _mm256_fmadd_ps(x, w0, sums[p][0]);
        sums[p][1] = _mm256_fmadd_ps(x, w1, sums[p][1]);
      }
      in[0] += sizeof(float);
      in[1] += sizeof(float);
    }
  }
  // Stored through a buffer where the channels end within a vector.
  const int channels = min(kBlock, conv.output_channels - channel);
  alignas(32) float bias[kBlock] = {};
  for (int c = 0; c < channels; ++c) bias[c] = conv.bias[channel + c];
  const __m256 floor = _mm256_set1_ps(conv.relu ? 0.f : -__builtin_inff());
#pragma GCC unroll 6
  for (int p = 0; p < kPixels; ++p) {
    auto* out = reinterpret_cast<float*>(conv.output + (tile.output + p) * conv.output_stride) + channel;
    // The order of the operands keeps NaN: vmaxps returns the second one if either is NaN.
    const __m256 low = _mm256_max_ps(floor, _mm256_add_ps(sums[p][0], _mm256_load_ps(bias)));
    const __m256 high = _mm256_max_ps(floor, _mm256_add_ps(sums[p][1], _mm256_load_ps(bias + kLanes)));
    if (channels == kBlock) {
      _mm256_storeu_ps(out, low);
      _mm256_storeu_ps(out + kLanes, high);
      continue;
    }
    alignas(32) float values[kBlock];
    _mm256_store_ps(values, low);
    _mm256_store_ps(values + kLanes, high);
    for (int c = 0; c < channels; ++c) out[c] = values[c];
  }
}

using ConvolveTile = void (*)(const Convolution&, const RowTile&, const float*, int);

void convolve(const Convolution& conv, const RowTile* tiles, int tile_count, int first_block,
              int last_block) {
  KERNEL_REQUIRES(keeps_contract(kConvFloat32_6x16_Avx2, conv, tiles, tile_count, first_block, last_block));
  static constexpr ConvolveTile kOfCount[kMaxPixels] = {convolve_tile<1>, convolve_tile<2>, convolve_tile<3>,
                                                        convolve_tile<4>, convolve_tile<5>, convolve_tile<6>};
  const int64_t block_floats = int64_t{conv.kernel_row_count} * conv.row_chunks * kBlock;
  for (int block = first_block; block < last_block; ++block) {
    const float* weights = reinterpret_cast<const float*>(conv.weights) + block * block_floats;
    for (const RowTile* tile = tiles; tile < tiles + tile_count; ++tile)
      kOfCount[tile->count - 1](conv, *tile, weights, block * kBlock);
  }
}

void nothing() {}

}  // namespace

const ConvKernel kConvFloat32_6x16_Avx2 = {.name = "float32 6x16 avx2",
                                           .instruction_set = InstructionSet::kAvx2,
                                           .is_supported = has_avx2,
                                           .input = DType::kFloat32,
                                           .chunk = 1,
                                           .interleave = 1,
                                           .lanes = kLanes,
                                           .block = kBlock,
                                           .narrow_last_block = false,
                                           .max_pixels = kMaxPixels,
                                           .takes_masks = false,
                                           .to = {convolve, nullptr, nullptr},
                                           .begin_thread = nothing,
                                           .end_thread = nothing};

}  // namespace googlenet::kernels
