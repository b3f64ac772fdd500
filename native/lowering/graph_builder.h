#pragma once

#include <string>
#include <vector>

#include "lowering/lower.h"

namespace googlenet::lowering {

// Throws UNSUPPORTED for a module of this name.
[[noreturn]] void unsupported(const std::string& module);

// Builds a network layer by layer. Tensors of the network are indices; 0 is the image. Each add_* appends a
// layer that reads `input` and returns the tensor it writes. Names are those of the state_dict.
class GraphBuilder {
 public:
  // Height and width of the image for which layers are added; every model takes it.
  static constexpr int kImageSize = 224;

  struct Window {
    int64_t kernel_size;
    int64_t stride;
    int64_t padding;
  };

  explicit GraphBuilder(infer::Precision precision);

  // weight: [out, in, kernel, kernel]; bias: [out], or undefined.
  int add_convolution(const std::string& name, int input, const Window& window, const torch::Tensor& weight,
                      const torch::Tensor& bias);
  // weight: [out, in]. A convolution whose kernel covers the whole feature map.
  int add_linear(const std::string& name, int input, const torch::Tensor& weight, const torch::Tensor& bias);
  int add_max_pool(const std::string& name, int input, const Window& window, bool ceil_mode);
  int add_average_pool(const std::string& name, int input, int64_t kernel_size, int64_t stride);
  int add_adaptive_average_pool(const std::string& name, int input, int64_t output_size);
  // Local response normalization over 5 channels with beta 0.75.
  int add_local_response_norm(const std::string& name, int input, double alpha, double k);

  // Folds a BatchNorm into the weights of the convolution that writes `input`. False if another kind of
  // layer, or a convolution with a ReLU, writes it.
  bool fold_batch_norm(int input, const torch::Tensor& weight, const torch::Tensor& bias,
                       const torch::Tensor& mean, const torch::Tensor& variance, double epsilon);
  // Makes a ReLU part of the convolution that writes `input`.
  void add_relu(int input);
  // Makes the layers that write `inputs`, of one height and width, write one tensor, each its own channels.
  int concatenate(const std::vector<int>& inputs);

  // What happens to a channel of a float image before the first layer: times scale, plus shift.
  void set_image_transform(int channel, float scale, float shift);
  void set_heads(std::vector<int> heads);

  // Converts the weights to the network's precision and checks the network. Not earlier, because folding
  // changes the weights of layers that were added before.
  Lowered finish(const std::vector<float>& amax);

 private:
  int channels_of(int tensor) const;
  int new_tensor(int channels, int size);
  // Tensors that no layer writes any more. Indices above them change.
  void remove_tensors(std::vector<int> tensors);
  infer::Layer& add_layer(const std::string& name, infer::Layer::Kind kind, int input, int outputs, int size);
  // Throws UNSUPPORTED where no layer, or more than one, writes the tensor.
  infer::Layer& only_writer(int tensor);
  size_t index_of(const infer::Layer& layer) const;
  void set_weights(const infer::Layer& layer, const torch::Tensor& weight, const torch::Tensor& bias);

  Lowered lowered_;
  std::vector<int> sizes_;  // height and width of each tensor, for an image of kImageSize
};

}  // namespace googlenet::lowering
