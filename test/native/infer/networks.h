#pragma once

#include <deque>
#include <vector>

#include "infer/network.h"
#include "random.h"

// A network drawn at random, with the weights that its layers borrow.
struct RandomNetwork {
  googlenet::infer::Network network;
  std::deque<std::vector<float>> floats;
  std::deque<std::vector<uint16_t>> halves;
  std::deque<std::vector<int8_t>> bytes;
};

RandomNetwork draw_network(Random& random, googlenet::infer::Precision precision);

// Turns a float32 network into an int8 one, with scales for the values that this image gives.
void quantize(RandomNetwork& drawn, googlenet::kernels::Size size, const std::vector<double>& pixels);

// Logits of each head by plain loops in double: pixels are what the first layer sees, [3][height][width].
std::vector<std::vector<double>> compute(const googlenet::infer::Network& network,
                                         googlenet::kernels::Size size, const std::vector<double>& pixels);
