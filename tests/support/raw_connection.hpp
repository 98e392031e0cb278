#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include <sys/socket.h>
#include <sys/time.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>

namespace unmuted::test {

/// A TCP connection to 127.0.0.1 on which a test says byte for byte what it wants to.
class RawConnection {
 public:
  explicit RawConnection(std::uint16_t port) : socket_(io_) {
    socket_.connect({boost::asio::ip::address_v4::loopback(), port});
    const timeval too_long{30, 0};  // a test that waits longer hangs
    ::setsockopt(socket_.native_handle(), SOL_SOCKET, SO_RCVTIMEO, &too_long, sizeof too_long);
  }

  void send(std::string_view bytes) {
    boost::system::error_code ended;
    boost::asio::write(socket_, boost::asio::buffer(bytes), ended);
  }

  /// All that has come so far, once `text` is among it or the other side has closed.
  std::string until(std::string_view text) {
    while (received_.find(text) == std::string::npos && receive()) {
    }
    return received_;
  }

  /// All that comes until the other side closes.
  std::string rest() {
    while (receive()) {
    }
    return received_;
  }

  /// Says no more, and listens on.
  void finish() {
    boost::system::error_code ignored;
    socket_.shutdown(boost::asio::ip::tcp::socket::shutdown_send, ignored);
  }

 private:
  bool receive() {
    std::array<char, 4096> chunk{};
    const ssize_t count = ::recv(socket_.native_handle(), chunk.data(), chunk.size(), 0);
    if (count > 0) received_.append(chunk.data(), static_cast<std::size_t>(count));
    return count > 0;
  }

  boost::asio::io_context io_;
  boost::asio::ip::tcp::socket socket_;
  std::string received_;
};

/// What comes back for one request on a connection of its own, to its end.
inline std::string raw_exchange(std::uint16_t port, std::string_view request) {
  RawConnection connection(port);
  connection.send(request);
  connection.finish();
  return connection.rest();
}

}  // namespace unmuted::test
