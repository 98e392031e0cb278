#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include <boost/asio/async_result.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/system/error_code.hpp>
#include <tl/expected.hpp>

#include "core/clock.hpp"
#include "net/asio.hpp"
#include "net/tls.hpp"

namespace unmuted::net {

/// A connection in either role: TCP, and TLS on it once a handshake was made. Lives on the thread of its
/// executor, one read and one write at a time. Whoever reads or writes includes net/stream_io.hpp; Beast's
/// HTTP and WebSockets are used with this type only.
///
/// In clear a read or a write is the socket's own. Over TLS its completion is kept in one small allocation,
/// so that OpenSSL's operations are compiled once, whoever waits for them.
class Stream {
  struct State;
  using Transferred = void(boost::system::error_code, std::size_t);
  /// What begins an operation, once its completion handler is known.
  struct ReadSome {
    State* state;
    template <class Handler, class Buffers>
    void operator()(Handler&& handler, const Buffers& buffers) const;
  };
  struct WriteSome {
    State* state;
    template <class Handler, class Buffers>
    void operator()(Handler&& handler, const Buffers& buffers) const;
  };

 public:
  using executor_type = asio::any_io_executor;

  explicit Stream(asio::ip::tcp::socket socket);
  ~Stream();  ///< closes it; what is under way ends
  Stream(Stream&&) noexcept;
  Stream& operator=(Stream&&) = delete;

  [[nodiscard]] executor_type get_executor() const;

  // As Asio and Beast want them.
  template <class Buffers, class Token>
  auto async_read_some(const Buffers& buffers, Token&& token)
      -> decltype(asio::async_initiate<Token, Transferred>(std::declval<ReadSome>(), token, buffers)) {
    return asio::async_initiate<Token, Transferred>(ReadSome{state_.get()}, token, buffers);
  }
  template <class Buffers, class Token>
  auto async_write_some(const Buffers& buffers, Token&& token)
      -> decltype(asio::async_initiate<Token, Transferred>(std::declval<WriteSome>(), token, buffers)) {
    return asio::async_initiate<Token, Transferred>(WriteSome{state_.get()}, token, buffers);
  }

  /// Waits for the first byte of the peer, which is left to be read. Whether it begins a TLS handshake; false
  /// as well when there is none.
  awaitable<bool> peer_begins_tls();

  // The handshake; what follows is encrypted. Error: what went wrong, for a person. Time is limited by
  // expires_at().
  awaitable<tl::expected<void, std::string>> accept_tls(TlsContextPtr certificate);
  /// Checks that the server's certificate is one of `host`, a name or an address.
  awaitable<tl::expected<void, std::string>> connect_tls(TlsContextPtr authorities, std::string host);

  // A limit to the time of what is under way, or begins later: it is cancelled then, and the connection stays
  // of use. ended() says how an operation has ended – beast::error::timeout when the limit has ended it – and
  // takes the limit away.
  void expires_at(TimePoint time);
  void expires_after(Duration time) { expires_at(Clock::now() + time); }
  void expires_never();
  [[nodiscard]] bool expired() const;
  boost::system::error_code ended(const boost::system::error_code& error);

  /// Nothing more will be written: over TLS the peer is told so, where the kernel has room for that. Does not
  /// wait.
  void say_end();
  /// At once; what is under way ends.
  void close();
  /// What closes it at once, on its thread, also when it has been moved into another object; nothing happens
  /// when it is gone.
  [[nodiscard]] std::function<void()> cutter() const;

  /// Whether bytes have been read from the peer that no read has returned yet.
  [[nodiscard]] bool holds_input() const;

  /// The same connection on another thread. Nothing may be under way, and it must hold no input.
  [[nodiscard]] Stream move_to(const executor_type& executor) &&;

  [[nodiscard]] asio::ip::tcp::socket& socket();
  [[nodiscard]] const asio::ip::tcp::socket& socket() const;

 private:
  std::shared_ptr<State> state_;
};

/// How Beast closes a connection whose time is over.
inline void beast_close_socket(Stream& stream) {
  stream.close();
}

}  // namespace unmuted::net
