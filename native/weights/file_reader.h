#pragma once

#include <cstdint>
#include <string>

namespace googlenet {

// A file read at offsets. Read and not mapped: touching a mapped page of a file that somebody truncates kills
// the process.
class FileReader {
 public:
  explicit FileReader(const std::string& path);
  ~FileReader();
  FileReader(const FileReader&) = delete;
  FileReader& operator=(const FileReader&) = delete;

  uint64_t size() const { return size_; }
  void read(uint64_t offset, void* into, uint64_t bytes) const;

 private:
  std::string path_;
  int descriptor_;
  uint64_t size_ = 0;
};

}  // namespace googlenet
