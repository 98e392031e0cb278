#include "line_input.hpp"

#include <algorithm>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/buffer.hpp>

namespace unmuted::charctl {
namespace {

constexpr std::size_t max_line_bytes = 64U << 10U;

/// Asio makes a descriptor non-blocking for all who share its open file, and a terminal's is shared with
/// stdout and with the shell: hence an open file of our own. A plain file keeps its position instead.
int open_stdin() {
  struct stat status {};
  if (::fstat(STDIN_FILENO, &status) == 0 && !S_ISREG(status.st_mode)) {
    const int own = ::open("/proc/self/fd/0", O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (own >= 0) return own;
  }
  return ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);
}

}  // namespace

LineInput::LineInput(const net::asio::any_io_executor& executor) : stream_(executor) {
  if (const int descriptor = open_stdin(); descriptor >= 0) {
    stream_.assign(descriptor);
  } else {
    ended_ = true;
  }
}

net::awaitable<std::optional<std::string>> LineInput::next() {
  std::size_t end = 0;
  while ((end = buffer_.find('\n')) == std::string::npos && !ended_) {
    buffer_.resize(std::min(buffer_.size(), max_line_bytes));
    const auto [error, length] = co_await stream_.async_read_some(net::asio::buffer(part_), net::as_result);
    ended_ = error.failed();
    buffer_.append(part_.data(), length);
  }
  if (buffer_.empty()) co_return std::nullopt;
  std::string line = buffer_.substr(0, end);
  buffer_.erase(0, end == std::string::npos ? end : end + 1);
  co_return line;
}

void LineInput::close() {
  ended_ = true;
  boost::system::error_code ignored;
  stream_.close(ignored);
}

}  // namespace unmuted::charctl
