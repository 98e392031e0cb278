#pragma once

// How bytes are read from and written to a Stream. For units of lib/net only.

#include <array>
#include <cstddef>
#include <memory>
#include <utility>

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/steady_timer.hpp>

#include "net/stream.hpp"

namespace unmuted::net {

/// OpenSSL's part of a stream.
struct TlsLayer;

struct Stream::State : std::enable_shared_from_this<State> {
  using Handler = asio::any_completion_handler<Transferred>;
  /// What is written at a time: OpenSSL makes one record of them, where they are small.
  using Pieces = std::array<asio::const_buffer, 4>;

  explicit State(asio::ip::tcp::socket the_socket);
  ~State();

  void cancel();
  void read_tls(asio::mutable_buffer buffer, Handler handler);
  void write_tls(const Pieces& pieces, Handler handler);

  asio::ip::tcp::socket socket;
  std::unique_ptr<TlsLayer> tls;  ///< null in clear
  asio::steady_timer limit;
  bool late = false;  ///< the limit has passed
};

namespace detail {

template <class Buffers>
asio::mutable_buffer first_of(const Buffers& buffers) {
  const auto end = asio::buffer_sequence_end(buffers);
  for (auto it = asio::buffer_sequence_begin(buffers); it != end; ++it) {
    const asio::mutable_buffer buffer(*it);
    if (buffer.size() > 0) return buffer;
  }
  return {};
}

template <class Pieces, class Buffers>
Pieces first_pieces_of(const Buffers& buffers) {
  Pieces pieces{};
  std::size_t count = 0;
  const auto end = asio::buffer_sequence_end(buffers);
  for (auto it = asio::buffer_sequence_begin(buffers); it != end && count < pieces.size(); ++it) {
    const asio::const_buffer buffer(*it);
    if (buffer.size() > 0) pieces[count++] = buffer;
  }
  return pieces;
}

}  // namespace detail

template <class Handler, class Buffers>
void Stream::ReadSome::operator()(Handler&& handler, const Buffers& buffers) const {
  if (state->tls) {
    state->read_tls(detail::first_of(buffers), std::forward<Handler>(handler));
  } else {
    state->socket.async_read_some(buffers, std::forward<Handler>(handler));
  }
  if (state->late) state->cancel();
}

template <class Handler, class Buffers>
void Stream::WriteSome::operator()(Handler&& handler, const Buffers& buffers) const {
  if (state->tls) {
    state->write_tls(detail::first_pieces_of<State::Pieces>(buffers), std::forward<Handler>(handler));
  } else {
    state->socket.async_write_some(buffers, std::forward<Handler>(handler));
  }
  if (state->late) state->cancel();
}

}  // namespace unmuted::net
