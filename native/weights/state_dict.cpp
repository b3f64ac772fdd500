#include "weights/state_dict.h"

#include <torch/types.h>

#include <cstring>
#include <functional>
#include <unordered_map>

#include "core/error.h"
#include "weights/file_reader.h"

namespace googlenet {

namespace {

std::string qualified(const std::string& module, const std::string& name) {
  return module.empty() ? name : module + "." + name;
}

[[noreturn]] void reject(const TensorSpan& span, const std::string& problem) {
  throw Error("INVALID_WEIGHTS", "Tensor '" + span.name + "' " + problem + ".");
}

void check(const TensorSpan& span, uint64_t available) {
  uint64_t elements = 1;
  for (const int64_t size : span.shape) {
    if (size < 0 || (size > 0 && elements > available / static_cast<uint64_t>(size)))
      reject(span, "is larger than its source");
    elements *= static_cast<uint64_t>(size);
  }
  if (elements * c10::elementSize(span.dtype) != span.bytes)
    reject(span, "has another byte count than its shape");
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
      throw Error("WEIGHTS_MISMATCH", "There is no tensor '" + span.name + "' in this model.");
    if (target->second.sizes() != at::IntArrayRef(span.shape)) {
      throw Error("WEIGHTS_MISMATCH", "Tensor '" + span.name + "' has another shape than in this model.");
    }
    auto stored = torch::empty(span.shape, span.dtype);
    if (span.bytes > 0) read(span, stored.mutable_data_ptr());
    restore.add(target->second, std::move(stored));
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
    const auto source = sources.find(span.name);
    if (source == sources.end())
      throw Error("WEIGHTS_MISMATCH", "There is no tensor '" + span.name + "' to copy.");
    const torch::Tensor tensor = source->second.detach().to(at::kCPU).contiguous();
    if (tensor.scalar_type() != span.dtype || tensor.sizes() != at::IntArrayRef(span.shape)) {
      throw Error("WEIGHTS_MISMATCH", "Tensor '" + span.name + "' has another type or shape than asked for.");
    }
    if (span.bytes > 0) std::memcpy(buffer + span.offset, tensor.const_data_ptr(), span.bytes);
  }
}

void Restore::apply() {
  const torch::NoGradGuard no_grad;
  for (auto& [target, stored] : copies_) target.copy_(stored);
}

Restore read_tensors(const std::vector<NamedTensor>& tensors, const std::vector<TensorSpan>& spans,
                     const Bytes& source) {
  return read_all(tensors, spans, source.size, [&](const TensorSpan& span, void* into) {
    std::memcpy(into, source.data + span.offset, span.bytes);
  });
}

Restore read_tensors(const std::vector<NamedTensor>& tensors, const std::vector<TensorSpan>& spans,
                     const FileReader& file) {
  return read_all(tensors, spans, file.size(),
                  [&](const TensorSpan& span, void* into) { file.read(span.offset, into, span.bytes); });
}

}  // namespace googlenet
