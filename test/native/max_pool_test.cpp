// Compares our max-pooling with libtorch's, bit for bit, on random shapes and special values, and checks
// parallel_for.
#include "nn/max_pool.h"

#include <ATen/Parallel.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/types.h>

#include <functional>
#include <limits>
#include <mutex>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "core/threads.h"
#include "nn/max_pool/kernel.h"
#include "tests.h"

namespace googlenet::nn {
namespace {

int64_t compared = 0;

enum class Nan { kAny, kSameBits };

// Shape, memory format and bits.
void require_equal(const torch::Tensor& ours, const torch::Tensor& theirs, Nan nan, const std::string& name) {
  const auto bits = [](const torch::Tensor& tensor) {
    return tensor.view(tensor.scalar_type() == torch::kBFloat16 ? torch::kShort : torch::kInt);
  };
  require(
      ours.sizes() == theirs.sizes() && ours.strides() == theirs.strides() && ours.dtype() == theirs.dtype(),
      name + ": another shape, type or memory format");
  torch::Tensor equal = bits(ours).eq(bits(theirs));
  if (nan == Nan::kAny) equal.logical_or_(ours.isnan().logical_and_(theirs.isnan()));
  const auto differing = equal.logical_not().sum().item<int64_t>();
  require(differing == 0, c10::str(name, ": ", differing, " of ", ours.numel(), " elements differ"));
  compared += ours.numel();
}

enum Kind { kNormal, kRectified, kTies, kSpecial, kMinusInfinity, kKinds };

torch::Tensor values(int kind, at::IntArrayRef sizes) {
  constexpr float inf = std::numeric_limits<float>::infinity();
  if (kind == kRectified) return torch::randn(sizes).relu_();
  if (kind == kTies) return torch::randint(-1, 2, sizes).to(torch::kFloat);
  if (kind == kMinusInfinity) return torch::full(sizes, -inf);
  if (kind == kNormal) return torch::randn(sizes);
  const std::vector<float> special = {0.f,    -0.f,    inf,     -inf,     -inf, -inf,
                                      1e-40f, -1e-40f, 3.3e38f, -3.3e38f, 1.f};
  torch::Tensor table = torch::cat(
      {torch::tensor(special), torch::tensor({0x7fc10000, 0x7f810000}, torch::kInt).view(torch::kFloat)});
  return table.index_select(0, torch::randint(table.numel(), {c10::multiply_integers(sizes)}, torch::kLong))
      .view(sizes);
}

struct Case {
  PoolShape shape;
  torch::Dtype type;
  at::MemoryFormat format;
  int kind;
  bool relu;

  torch::Tensor tensor(at::IntArrayRef sizes) const {
    return values(kind, sizes).to(type).contiguous(format);
  }
  std::string name() const {
    const PoolShape& s = shape;
    return c10::str(s.batch, "×", s.channels, "×", s.height, "×", s.width, " stride ", s.stride, " ", type,
                    " ", format, " values of kind ", kind, relu ? " with ReLU" : "");
  }
};

torch::Tensor theirs(const torch::Tensor& input, int64_t stride, bool relu) {
  return torch::max_pool2d(relu ? torch::relu(input) : input, 3, stride, stride == 1 ? 1 : 0, 1,
                           /*ceil_mode=*/true);
}

torch::Tensor gradient(const torch::Tensor& output, const torch::Tensor& input, const torch::Tensor& grad) {
  return torch::autograd::grad({output}, {input}, {grad})[0];
}

// The kernels, for each instruction set that this machine has.
template <typename T>
void compare_kernels(const Case& c) {
  const torch::Tensor input =
      c.tensor({c.shape.batch, c.shape.channels, c.shape.height, c.shape.width}).requires_grad_();
  const torch::Tensor output = theirs(input, c.shape.stride, c.relu);
  const torch::Tensor grad_output = c.tensor(output.sizes()).contiguous(output.suggest_memory_format());
  const torch::Tensor grad_input = gradient(output, input, grad_output);
  const auto data = [](const torch::Tensor& tensor) { return static_cast<T*>(tensor.data_ptr()); };
  const auto layout = input.suggest_memory_format() == at::MemoryFormat::ChannelsLast
                          ? PoolLayout::kChannelsLast
                          : PoolLayout::kPlanes;
  // ATen's bits of a NaN depend on the instruction set if it is converted, and on the order if two are added.
  const Nan nan = c.type == torch::kFloat ? Nan::kSameBits : Nan::kAny;
  const Nan nan_of_sums = c.type == torch::kBFloat16 && !c.relu ? Nan::kSameBits : Nan::kAny;
  const torch::NoGradGuard no_grad;
  for (const auto set : {InstructionSet::kBaseline, InstructionSet::kAvx2, InstructionSet::kAvx512}) {
    if (!is_supported(set)) continue;
    const std::string name = c10::str(c.name(), ", instruction set ", static_cast<int>(set));
    const torch::Tensor argmax = torch::empty({output.numel()}, torch::kByte);
    const torch::Tensor ours = torch::empty_like(output);
    MaxPoolForward<T>{c.shape, layout, data(input), data(ours), argmax.data_ptr<uint8_t>(), c.relu}.run(set);
    require_equal(ours, output, nan, "output of " + name);
    const torch::Tensor without_argmax = torch::empty_like(output);
    MaxPoolForward<T>{c.shape, layout, data(input), data(without_argmax), nullptr, c.relu}.run(set);
    require_equal(without_argmax, output, nan, "output without argmax of " + name);
    const torch::Tensor ours_back = torch::empty_like(input).fill_(7);
    MaxPoolBackward<T>{c.shape, layout, data(grad_output), argmax.data_ptr<uint8_t>(), data(ours_back)}.run(
        set);
    require_equal(ours_back, grad_input, nan_of_sums, "gradient of " + name);
  }
}

// The module, for input and gradient in any memory format.
void compare_module(const torch::Tensor& source, const MaxPool2dOptions& options, const std::string& name) {
  MaxPool2d module(options);
  const auto [stride, relu] = options;
  const torch::Tensor input = source.detach().requires_grad_();
  const torch::Tensor expected = theirs(input, stride, relu);
  const torch::Tensor output = module->forward(input);
  require_equal(output.detach(), expected.detach(), Nan::kAny, "output of the module, " + name);
  for (const auto format : {at::MemoryFormat::Contiguous, at::MemoryFormat::ChannelsLast}) {
    if (source.dim() != 4) continue;
    const torch::Tensor grad = torch::randn_like(expected).contiguous(format);
    require_equal(gradient(module->forward(input), input, grad).contiguous(),
                  gradient(theirs(input, stride, relu), input, grad).contiguous(), Nan::kAny,
                  "gradient of the module, " + name);
  }
  const torch::NoGradGuard no_grad;
  require_equal(module->forward(input), expected, Nan::kAny,
                "output of the module without gradients, " + name);
}

bool throws(const std::function<void()>& work, const std::string& part) {
  try {
    work();
  } catch (const c10::Error& error) {
    return std::string(error.what()).find(part) != std::string::npos;
  }
  return false;
}

void test_kernels(int count) {
  std::mt19937 random(1);
  const auto below = [&](int64_t end) { return static_cast<int64_t>(random() % end); };
  const std::vector<int64_t> channels = {1, 2, 3, 15, 16, 17, 31, 33, 63, 64, 65, 100, 192, 480, 832};
  for (int i = 0; i < count; ++i) {
    const int64_t stride = 1 + below(2);
    Case c;
    c.shape = {1 + below(4), channels[below(channels.size())], stride + below(17), stride + below(17),
               stride};
    if (i % 10 == 0) c.shape = {1 + below(33), 1 + below(8), stride + below(60), stride + below(60), stride};
    c.type = below(2) == 0 ? torch::kFloat : torch::kBFloat16;
    c.format = below(2) == 0 ? at::MemoryFormat::Contiguous : at::MemoryFormat::ChannelsLast;
    c.kind = static_cast<int>(below(kKinds));
    c.relu = stride == 2 && below(2) == 0;
    c.type == torch::kFloat ? compare_kernels<float>(c) : compare_kernels<uint16_t>(c);
  }
}

void test_module() {
  for (const auto type : {torch::kFloat, torch::kBFloat16}) {
    for (const MaxPool2dOptions options :
         {MaxPool2dOptions{1}, MaxPool2dOptions{2}, MaxPool2dOptions{2, true}}) {
      const torch::Tensor input = torch::randn({3, 20, 13, 9}).to(type);
      const torch::Tensor last = input.contiguous(at::MemoryFormat::ChannelsLast);
      compare_module(input, options, "contiguous");
      compare_module(last, options, "channels last");
      compare_module(last.slice(1, 3, 11), options, "a slice of channels");
      compare_module(input.slice(3, 1, 8), options, "a slice of columns");
      compare_module(input.transpose(2, 3), options, "transposed");
      compare_module(input.slice(2, 0, 2), options, "two rows");
      compare_module(input[0], options, "three dimensions");
    }
  }
  compare_module(torch::randn({0, 4, 6, 6}), {1}, "no images");
  MaxPool2d halve(MaxPool2dOptions{2});
  for (const std::vector<int64_t>& sizes : {std::vector<int64_t>{1, 1, 1, 4}, {1, 1, 4, 1}}) {
    require(throws([&] { halve->forward(torch::randn(sizes)); }, "Output size is too small"),
            "a single row or column is refused, as in libtorch");
  }
  const torch::Tensor input = torch::randn({1, 2, 6, 6}).requires_grad_();
  const auto differentiate_twice = [&] {
    const torch::Tensor loss = halve->forward(input.square()).square().sum();
    torch::autograd::grad({loss}, {input}, {}, /*retain_graph=*/true, /*create_graph=*/true);
  };
  require(throws(differentiate_twice, "no second derivative"), "a second derivative is refused");
}

// parallel_for covers each index once, on both threads.
void test_parallel_for() {
  constexpr int64_t kCount = 100'001;
  std::vector<int> seen(kCount);
  std::set<std::thread::id> threads;
  std::mutex mutex;
  core::parallel_for(kCount, 1000, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) ++seen[i];
    const std::lock_guard<std::mutex> lock(mutex);
    threads.insert(std::this_thread::get_id());
  });
  require(seen == std::vector<int>(kCount, 1), "parallel_for does not cover each index once");
  require(threads.size() == 2, c10::str("parallel_for used ", threads.size(), " threads of 2"));
}

}  // namespace

int64_t test_max_pool(int count) {
  at::set_num_threads(2);
  test_parallel_for();
  test_kernels(count);
  test_module();
  return compared;
}

}  // namespace googlenet::nn
