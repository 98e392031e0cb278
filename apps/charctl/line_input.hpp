#pragma once

#include <array>
#include <optional>
#include <string>

#include <boost/asio/posix/stream_descriptor.hpp>

#include "net/asio.hpp"

namespace unmuted::charctl {

/// The lines of stdin, whether a terminal, a pipe or a file. Of a line longer than 64 KiB the end is lost.
class LineInput {
 public:
  explicit LineInput(const net::asio::any_io_executor& executor);

  /// The next line without its end; nothing when there is none, or after close().
  net::awaitable<std::optional<std::string>> next();
  /// A next() under way returns.
  void close();

 private:
  net::asio::posix::stream_descriptor stream_;
  std::array<char, 4096> part_{};
  std::string buffer_;
  bool ended_ = false;
};

}  // namespace unmuted::charctl
