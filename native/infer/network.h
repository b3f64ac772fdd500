#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "kernels/maps.h"

namespace googlenet::infer {

// A finished network as engines run it: a list of layers, BatchNorm folded into weights, a ReLU part of the
// layer before it. Knows neither libtorch nor Node.

enum class Precision { kFloat, kBfloat16, kByte };

// What layers hand on. Several may write one value, each its own channels: nothing is concatenated.
struct Value {
  int channels;
  float scale;  // above 0: stored as bytes, each times this
};

struct Layer {
  enum class Kind { kConvolution, kMaxPool, kAverage, kNormalize };

  std::string name;  // as in the state_dict
  Kind kind;
  int input;    // a value
  int output;   // a value
  int channel;  // the first one in the output
  int outputs;  // channels that are written
  int window;   // its side; 0 in an adaptive average
  int stride;
  int padding;
  bool ceil;  // a pool's last window may be cut off
  bool relu;  // of a convolution
  int side;   // of the output of an adaptive average
  float alpha, k;

  // Of a convolution; borrowed, in the precision of the network (bytes have a scale for each output).
  const std::byte* weights;  // [outputs][inputs][window][window]
  const float* bias;
  const float* weight_scales;
};

struct Network {
  Precision precision;
  std::vector<Value> values;  // the first is the picture, of three channels
  std::vector<Layer> layers;  // in an order in which they can run
  std::vector<int> heads;     // values that are logits
  float picture_scale[3];     // of a channel of a picture of floats, before the first layer
  float picture_shift[3];
};

// Height and width of every value. Throws INVALID_SHAPE for pictures that do not fit through the network.
std::vector<kernels::Size> map_sizes(const Network& network, kernels::Size picture);

int64_t number_of_weights(const Network& network, const Layer& layer);
// Bytes of one weight: convolutions that read bytes have weights of eight bits.
int64_t size_of_weight(const Network& network, const Layer& layer);

// Throws INVALID_ARGUMENT where running the network could read or write what does not belong to it: networks
// come from files. Weights themselves are not looked at.
void validate(const Network& network);

}  // namespace googlenet::infer
