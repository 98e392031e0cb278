#include "characters/files/regular_file.hpp"

#include <algorithm>
#include <cerrno>

#include <sys/stat.h>
#include <unistd.h>

namespace unmuted {

tl::expected<std::string, int> read_regular_file(int fd, std::size_t max_bytes) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) return tl::unexpected(errno);
  if (!S_ISREG(status.st_mode)) return tl::unexpected(EISDIR);
  if (status.st_size > static_cast<off_t>(max_bytes)) return tl::unexpected(EFBIG);

  // One byte more than it should have: a short read then is the end of the file, without another call.
  std::string bytes(static_cast<std::size_t>(status.st_size) + 1, '\0');
  std::size_t length = 0;
  while (true) {
    const ssize_t count = ::read(fd, bytes.data() + length, bytes.size() - length);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return tl::unexpected(errno);
    length += static_cast<std::size_t>(count);
    if (length < bytes.size()) break;
    if (length > max_bytes) return tl::unexpected(EFBIG);  // it grew while it was read
    bytes.resize(std::min(2 * bytes.size(), max_bytes + 1));
  }
  bytes.resize(length);
  return bytes;
}

}  // namespace unmuted
