#pragma once

#include <cstdint>
#include <string>

namespace googlenet::weights {

// An open file, read at offsets. Its descriptor is that from which the header was read: the path may name
// another file by now. The file is not mapped: reading a mapped page of a truncated file kills the process.
class FileReader {
 public:
  // Duplicates the descriptor; `path` is for messages. Throws FILE_ERROR.
  FileReader(int descriptor, std::string path);
  ~FileReader();
  FileReader(const FileReader&) = delete;
  FileReader& operator=(const FileReader&) = delete;

  uint64_t size() const;
  // Throws FILE_ERROR, or INVALID_WEIGHTS if the file ends before.
  void read(uint64_t offset, void* into, uint64_t bytes) const;

 private:
  std::string path_;
  int descriptor_;
};

}  // namespace googlenet::weights
