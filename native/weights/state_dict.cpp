#include "weights/state_dict.h"

#include <torch/types.h>

#include <cstring>
#include <functional>
#include <unordered_map>

#include "core/error.h"
#include "weights/file_reader.h"

namespace googlenet::weights {

namespace {

std::string qualified(const std::string& module, const std::string& name) {
  return module.empty() ? name : module + "." + name;
}

[[noreturn]] void reject(const TensorSpan& span, const std::string& problem) {
  throw core::Error("INVALID_WEIGHTS", "Tensor '" + span.name + "' " + problem + ".");
}

// a · b. Throws if that exceeds `limit`.
uint64_t multiply(const TensorSpan& span, uint64_t a, int64_t b, uint64_t limit) {
  if (b < 0 || (b > 0 && a > limit / static_cast<uint64_t>(b))) reject(span, "is larger than its source");
  return a * static_cast<uint64_t>(b);
}

uint64_t elements_of(const TensorSpan& span, uint64_t limit) {
  uint64_t elements = 1;
  for (const int64_t size : span.shape) elements = multiply(span, elements, size, limit);
  return elements;
}

// The number of elements from the first one of a tensor to its last one.
uint64_t extent_of(const TensorSpan& span, uint64_t limit) {
  const uint64_t elements = elements_of(span, limit);
  if (span.strides.empty() || elements == 0) return elements;
  if (span.strides.size() != span.shape.size()) reject(span, "does not have one stride per dimension");
  uint64_t extent = 1;
  for (size_t d = 0; d < span.shape.size(); ++d) {
    extent += multiply(span, static_cast<uint64_t>(span.shape[d] - 1), span.strides[d], limit);
    if (extent > limit) reject(span, "is larger than its source");
  }
  // Elements that several indices share would make a large tensor from a small source.
  if (elements > extent) reject(span, "has overlapping elements");
  return extent;
}

void check(const TensorSpan& span, uint64_t available) {
  if (extent_of(span, available) * c10::elementSize(span.dtype) != span.bytes)
    reject(span, "has another number of bytes than its shape");
  if (span.offset > available || span.bytes > available - span.offset)
    reject(span, "lies outside its source");
}

using ReadSpan = std::function<void(const TensorSpan&, void*)>;

Restore read_all(const std::vector<NamedTensor>& tensors, const std::vector<TensorSpan>& spans,
                 uint64_t available, const ReadSpan& read) {
  std::unordered_map<std::string, torch::Tensor> targets;
  for (const auto& [name, tensor] : tensors) targets.emplace(name, tensor);

  Restore restore;
  for (const TensorSpan& span : spans) {
    check(span, available);
    const auto target = targets.find(span.name);
    if (target == targets.end())
      throw core::Error("WEIGHTS_MISMATCH", "There is no tensor '" + span.name + "' in this model.");
    if (target->second.sizes() != at::IntArrayRef(span.shape)) {
      throw core::Error("WEIGHTS_MISMATCH",
                        "Tensor '" + span.name + "' has another shape than in this model.");
    }
    const auto extent = static_cast<int64_t>(span.bytes / c10::elementSize(span.dtype));
    const auto stored = torch::empty({extent}, span.dtype);
    if (span.bytes > 0) read(span, stored.mutable_data_ptr());
    const bool is_contiguous = span.strides.empty() || span.bytes == 0;
    restore.add(
        target->second,
        // Without the bytes between elements: all tensors are kept until the last one was read.
        is_contiguous ? stored.view(span.shape) : stored.as_strided(span.shape, span.strides).contiguous());
  }
  return restore;
}

}  // namespace

std::vector<NamedTensor> state_dict(const torch::nn::Module& module) {
  std::vector<NamedTensor> tensors;
  for (const auto& child : module.named_modules()) {
    for (const auto& item : child.value()->named_parameters(/*recurse=*/false)) {
      tensors.push_back({qualified(child.key(), item.key()), item.value()});
    }
    for (const auto& item : child.value()->named_buffers(/*recurse=*/false)) {
      tensors.push_back({qualified(child.key(), item.key()), item.value()});
    }
  }
  return tensors;
}

std::vector<NamedTensor> named_parameters(const torch::nn::Module& module) {
  std::vector<NamedTensor> parameters;
  for (const auto& item : module.named_parameters()) parameters.push_back({item.key(), item.value()});
  return parameters;
}

std::vector<TensorInfo> describe(const std::vector<NamedTensor>& tensors) {
  std::vector<TensorInfo> infos;
  for (const auto& [name, tensor] : tensors)
    infos.push_back({name, tensor.scalar_type(), tensor.sizes().vec()});
  return infos;
}

void snapshot(const std::vector<NamedTensor>& tensors, const std::vector<TensorSpan>& spans, uint8_t* buffer,
              size_t size) {
  std::unordered_map<std::string, torch::Tensor> sources;
  for (const auto& [name, tensor] : tensors) sources.emplace(name, tensor);
  const torch::NoGradGuard no_grad;
  for (const TensorSpan& span : spans) {
    check(span, size);
    if (!span.strides.empty()) reject(span, "can only be copied out without strides");
    const auto source = sources.find(span.name);
    if (source == sources.end())
      throw core::Error("WEIGHTS_MISMATCH", "There is no tensor '" + span.name + "' to copy.");
    const torch::Tensor tensor = source->second.detach().to(at::kCPU).contiguous();
    if (tensor.scalar_type() != span.dtype || tensor.sizes() != at::IntArrayRef(span.shape)) {
      throw core::Error("WEIGHTS_MISMATCH",
                        "Tensor '" + span.name + "' has another type or shape than asked for.");
    }
    if (span.bytes > 0) std::memcpy(buffer + span.offset, tensor.const_data_ptr(), span.bytes);
  }
}

void Restore::apply() {
  const torch::NoGradGuard no_grad;
  for (auto& [target, stored] : copies_) target.copy_(stored);
}

Restore read_tensors(const std::vector<NamedTensor>& tensors, const std::vector<TensorSpan>& spans,
                     const core::Bytes& source) {
  return read_all(tensors, spans, source.size, [&](const TensorSpan& span, void* into) {
    std::memcpy(into, source.data + span.offset, span.bytes);
  });
}

Restore read_tensors(const std::vector<NamedTensor>& tensors, const std::vector<TensorSpan>& spans,
                     const FileReader& file) {
  return read_all(tensors, spans, file.size(),
                  [&](const TensorSpan& span, void* into) { file.read(span.offset, into, span.bytes); });
}

}  // namespace googlenet::weights
