#include "weights/file_reader.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "core/error.h"

namespace googlenet::weights {

FileReader::FileReader(int descriptor, std::string path)
    : path_(std::move(path)), descriptor_(fcntl(descriptor, F_DUPFD_CLOEXEC, 0)) {
  if (descriptor_ < 0)
    throw core::Error("FILE_ERROR", "Cannot read " + path_ + ": " + std::strerror(errno) + ".");
}

FileReader::~FileReader() {
  close(descriptor_);
}

uint64_t FileReader::size() const {
  struct stat status;
  if (fstat(descriptor_, &status) != 0)
    throw core::Error("FILE_ERROR", "Cannot read " + path_ + ": " + std::strerror(errno) + ".");
  return static_cast<uint64_t>(status.st_size);
}

void FileReader::read(uint64_t offset, void* into, uint64_t bytes) const {
  auto* target = static_cast<uint8_t*>(into);
  while (bytes > 0) {
    const ssize_t count = pread(descriptor_, target, bytes, static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0)
      throw core::Error("FILE_ERROR", "Cannot read " + path_ + ": " + std::strerror(errno) + ".");
    if (count == 0)
      throw core::Error("INVALID_WEIGHTS",
                        path_ + " ended while it was read; it is truncated or being rewritten.");
    target += count;
    offset += static_cast<uint64_t>(count);
    bytes -= static_cast<uint64_t>(count);
  }
}

}  // namespace googlenet::weights
