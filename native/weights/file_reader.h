#pragma once

#include <cstdint>
#include <string>

namespace googlenet::weights {

// An open file read at offsets. The descriptor is the one that the header was read from: the name may lead to
// another file by now. Read and not mapped: touching a mapped page of a file that somebody truncates kills
// the process.
class FileReader {
 public:
  // Keeps a duplicate of the descriptor; `path` is for messages.
  FileReader(int descriptor, std::string path);
  ~FileReader();
  FileReader(const FileReader&) = delete;
  FileReader& operator=(const FileReader&) = delete;

  uint64_t size() const;
  void read(uint64_t offset, void* into, uint64_t bytes) const;

 private:
  std::string path_;
  int descriptor_;
};

}  // namespace googlenet::weights
