#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "kernels/strided_pointer.h"

namespace googlenet::infer {

// A finished network as engines run it: a list of layers, with BatchNorm folded into weights and a ReLU as
// part of the layer before it. Knows neither libtorch nor Node.

enum class Precision { kFloat32, kBfloat16, kInt8 };

// What layers pass on. Several may write one tensor, each its own channels, so nothing is concatenated.
struct TensorSpec {
  int channels;
  float scale;  // above 0: stored as uint8, and an element times this is the value it stands for
};

struct Layer {
  enum class Kind { kConvolution, kMaxPool, kAveragePool, kLocalResponseNorm };

  std::string name;  // as in the state_dict
  Kind kind;
  int input;        // index of a tensor
  int output;       // index of a tensor
  int channel;      // the first one that is written
  int outputs;      // channels that are written
  int kernel_size;  // 0 in an adaptive average pool
  int stride;
  int padding;
  bool ceil;        // a pool's last window may be cut off
  bool relu;        // of a convolution
  int output_size;  // height and width, of an adaptive average pool
  float alpha, k;   // of local response normalization

  // Of a convolution; borrowed, in the precision of the network (int8 has a scale for each output).
  const std::byte* weights;  // [outputs][inputs][kernel_size][kernel_size]
  const float* bias;
  const float* weight_scales;
};

struct Network {
  Precision precision;
  std::vector<TensorSpec> tensors;  // the first is the image, of three channels
  std::vector<Layer> layers;        // in an order in which they can run
  std::vector<int> heads;           // tensors that are logits
  float image_scale[3];             // of each channel of a float32 image, before the first layer
  float image_shift[3];
};

// Height and width of every tensor. Throws INVALID_SHAPE for images that do not fit through the network.
std::vector<kernels::Size> tensor_sizes(const Network& network, kernels::Size image);

int64_t weight_count(const Network& network, const Layer& layer);
// Bytes of one weight: convolutions that read uint8 have weights of int8.
int64_t weight_size(const Network& network, const Layer& layer);

// Throws INVALID_ARGUMENT where running the network could read or write memory that does not belong to it:
// networks come from files. The values of weights are not looked at.
void validate(const Network& network);

}  // namespace googlenet::infer
