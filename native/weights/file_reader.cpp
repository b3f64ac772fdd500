#include "weights/file_reader.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "core/error.h"

namespace googlenet {

FileReader::FileReader(const std::string& path)
    : path_(path), descriptor_(open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
  if (descriptor_ < 0) {
    const int problem = errno;
    throw Error(problem == ENOENT ? "FILE_NOT_FOUND" : "FILE_ERROR",
                "Cannot read " + path + ": " + std::strerror(problem) + ".");
  }
  struct stat status;
  if (fstat(descriptor_, &status) == 0) size_ = static_cast<uint64_t>(status.st_size);
}

FileReader::~FileReader() {
  close(descriptor_);
}

void FileReader::read(uint64_t offset, void* into, uint64_t bytes) const {
  auto* target = static_cast<uint8_t*>(into);
  while (bytes > 0) {
    const ssize_t count = pread(descriptor_, target, bytes, static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw Error("FILE_ERROR", "Cannot read " + path_ + ": " + std::strerror(errno) + ".");
    if (count == 0)
      throw Error("INVALID_WEIGHTS", path_ + " ended while it was read; it is truncated or being rewritten.");
    target += count;
    offset += static_cast<uint64_t>(count);
    bytes -= static_cast<uint64_t>(count);
  }
}

}  // namespace googlenet
