#include "binding/tensor_store.h"

#include <optional>

#include "binding/kept_bytes.h"
#include "binding/tensor_options.h"

namespace googlenet::binding {

namespace {

using weights::NamedTensor;
using weights::Restore;
using weights::TensorSpan;

// Compute thread: reads the tensors of one source.
using ReadPart = std::function<Restore(const std::vector<NamedTensor>&)>;

// The options of a part. The address of its buffer is asked later, when every option has been read.
struct PartOptions {
  std::vector<TensorSpan> spans;
  std::optional<CallerArray> buffer;  // or a file:
  int64_t fd = 0;
  std::string path;
};

PartOptions read_part(const Options& options) {
  const Options source(options.object("source"));
  PartOptions part;
  part.spans = read_spans(options, "spans");
  if (source.has("fd")) {
    part.fd = source.integer("fd");
    part.path = source.string("path");
  } else {
    part.buffer = source.byte_array("buffer");
  }
  return part;
}

ReadPart reader_of(PartOptions part) {
  if (!part.buffer) {
    auto file = std::make_shared<weights::FileReader>(static_cast<int>(part.fd), part.path);
    return [spans = std::move(part.spans), file = std::move(file)](const std::vector<NamedTensor>& tensors) {
      return weights::read_tensors(tensors, spans, *file);
    };
  }
  return [spans = std::move(part.spans),
          buffer = KeptBytes(*part.buffer)](const std::vector<NamedTensor>& tensors) {
    return weights::read_tensors(tensors, spans, core::Bytes{buffer.data(), buffer.size()});
  };
}

}  // namespace

Napi::Value snapshot_tensors(Napi::Env env, Session& session, const Options& options, TensorsOf tensors_of) {
  std::vector<TensorSpan> spans = read_spans(options, "spans");
  const KeptBytes buffer(options.byte_array("buffer"));
  return session.run(env,
                     [spans = std::move(spans), buffer, tensors_of = std::move(tensors_of)](Session& self) {
                       weights::snapshot(tensors_of(self), spans, buffer.mutable_data(), buffer.size());
                     });
}

Napi::Value restore_tensors(Napi::Env env, Session& session, const Options& options, TensorsOf tensors_of) {
  std::vector<PartOptions> parts;
  for (const Options& part : options.objects("parts")) parts.push_back(read_part(part));
  std::vector<ReadPart> readers;
  for (PartOptions& part : parts) readers.push_back(reader_of(std::move(part)));
  return session.run(env, [readers = std::move(readers), tensors_of = std::move(tensors_of)](Session& self) {
    const std::vector<NamedTensor> tensors = tensors_of(self);
    std::vector<Restore> restores;
    for (const ReadPart& read : readers) restores.push_back(read(tensors));
    for (Restore& restore : restores) restore.apply();
  });
}

}  // namespace googlenet::binding
