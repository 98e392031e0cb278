#include "net/stream.hpp"

#include <tuple>
#include <utility>

#include <sys/socket.h>

#include <boost/asio/consign.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/error.hpp>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "net/stream_io.hpp"

namespace unmuted::net {

namespace beast = boost::beast;
namespace ssl = asio::ssl;
using asio::ip::tcp;
using boost::system::error_code;

struct TlsLayer {
  template <class Source>  // a context, or what another layer had
  TlsLayer(tcp::socket& socket, Source&& source) : stream(socket, source) {}

  ssl::stream<tcp::socket&> stream;
};

Stream::State::State(tcp::socket the_socket) : socket(std::move(the_socket)), limit(socket.get_executor()) {}

Stream::State::~State() = default;

void Stream::State::cancel() {
  error_code ignored;
  socket.cancel(ignored);
}

// OpenSSL's operations work on the layer to their end, and so keep the state that it is in.

void Stream::State::read_tls(asio::mutable_buffer buffer, Handler handler) {
  tls->stream.async_read_some(buffer, asio::consign(std::move(handler), shared_from_this()));
}

void Stream::State::write_tls(const Pieces& pieces, Handler handler) {
  tls->stream.async_write_some(pieces, asio::consign(std::move(handler), shared_from_this()));
}

Stream::Stream(tcp::socket socket) : state_(std::make_shared<State>(std::move(socket))) {}

Stream::Stream(Stream&&) noexcept = default;

Stream::~Stream() {
  close();
}

Stream::executor_type Stream::get_executor() const {
  return state_->socket.get_executor();
}

// --- handshakes -----------------------------------------------------------------------------------------

namespace {

std::string cause_of(const error_code& error) {
  if (error == beast::error::timeout) return "no answer in time";
  if (error == ssl::error::stream_truncated || error == asio::error::eof) return "the connection was closed";
  const bool by_openssl = error.category() == asio::error::get_ssl_category();
  if (by_openssl && ERR_GET_REASON(static_cast<unsigned long>(error.value())) == SSL_R_WRONG_VERSION_NUMBER) {
    return "it does not answer in TLS (" + error.message() + ")";
  }
  return error.message();
}

}  // namespace

awaitable<bool> Stream::peer_begins_tls() {
  constexpr unsigned char handshake_record = 0x16;
  const auto state = state_;
  const auto [error] = co_await state->socket.async_wait(tcp::socket::wait_read, as_result);
  unsigned char first = 0;
  const ssize_t count = error ? 0 : ::recv(state->socket.native_handle(), &first, 1, MSG_PEEK | MSG_DONTWAIT);
  co_return count == 1 && first == handshake_record;
}

awaitable<tl::expected<void, std::string>> Stream::accept_tls(TlsContextPtr certificate) {
  const auto state = state_;
  state->tls = std::make_unique<TlsLayer>(state->socket, *certificate);
  const auto [failure] = co_await state->tls->stream.async_handshake(ssl::stream_base::server, as_result);
  if (const error_code error = ended(failure)) co_return tl::unexpected(cause_of(error));
  co_return tl::expected<void, std::string>{};
}

awaitable<tl::expected<void, std::string>> Stream::connect_tls(TlsContextPtr authorities, std::string host) {
  const auto state = state_;
  state->tls = std::make_unique<TlsLayer>(state->socket, *authorities);
  auto& tls = state->tls->stream;
  error_code no_address;
  asio::ip::make_address(host, no_address);
  if (no_address) {  // an address is no server name; the macro for it has an old cast
    SSL_ctrl(tls.native_handle(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, host.data());
  }
  tls.set_verify_callback(ssl::host_name_verification(host));
  const auto [failure] = co_await tls.async_handshake(ssl::stream_base::client, as_result);
  const error_code error = ended(failure);
  if (!error) co_return tl::expected<void, std::string>{};
  const long verdict = SSL_get_verify_result(tls.native_handle());
  if (verdict == X509_V_ERR_UNSPECIFIED) {  // the refusal of our own callback, for which OpenSSL has no words
    co_return tl::unexpected(std::string("its certificate is for another name"));
  }
  if (verdict != X509_V_OK) co_return tl::unexpected(std::string(X509_verify_cert_error_string(verdict)));
  co_return tl::unexpected(cause_of(error));
}

// --- time -----------------------------------------------------------------------------------------------

void Stream::expires_at(TimePoint time) {
  State& state = *state_;
  state.late = false;
  state.limit.expires_at(time);
  state.limit.async_wait([weak = state.weak_from_this()](const error_code& cancelled) {
    const auto self = weak.lock();
    if (cancelled || !self || self->limit.expiry() > Clock::now()) return;
    self->late = true;
    self->cancel();
  });
}

void Stream::expires_never() {
  state_->limit.expires_at(TimePoint::max());
  state_->late = false;
}

bool Stream::expired() const {
  return state_->late;
}

error_code Stream::ended(const error_code& error) {
  const bool late = state_->late;
  expires_never();
  if (late) return beast::error::timeout;
  return error;
}

// --- the end --------------------------------------------------------------------------------------------

void Stream::say_end() {
  if (!state_->tls) return;
  SSL* ssl = state_->tls->stream.native_handle();
  if (SSL_is_init_finished(ssl) != 1) return;
  // Past Asio, whose shutdown waits for an answer. What is under way no longer matters.
  BIO* words = BIO_new(BIO_s_mem());
  SSL_set0_wbio(ssl, words);
  ERR_clear_error();
  SSL_shutdown(ssl);
  ERR_clear_error();
  char record[512];
  const int size = BIO_read(words, record, sizeof record);
  if (size <= 0) return;
  const int socket = state_->socket.native_handle();
  [[maybe_unused]] const ssize_t sent =
      ::send(socket, record, static_cast<std::size_t>(size), MSG_NOSIGNAL | MSG_DONTWAIT);
}

void Stream::close() {
  if (!state_) return;  // it was moved away
  error_code ignored;
  state_->socket.close(ignored);
}

std::function<void()> Stream::cutter() const {
  return [weak = state_->weak_from_this()] {
    const auto state = weak.lock();
    if (!state) return;
    error_code ignored;
    state->socket.close(ignored);
  };
}

// --- from thread to thread ------------------------------------------------------------------------------

bool Stream::holds_input() const {
  if (!state_->tls) return false;
  const SSL* ssl = state_->tls->stream.native_handle();
  return SSL_has_pending(ssl) == 1 || BIO_ctrl_pending(SSL_get_rbio(ssl)) > 0;
}

Stream Stream::move_to(const executor_type& executor) && {
  auto& here = *state_;
  expires_never();
  const auto protocol = here.socket.local_endpoint().protocol();
  Stream there(tcp::socket(executor, protocol, here.socket.release()));
  if (here.tls) {
    SSL* ssl = here.tls->stream.native_handle();
    SSL_up_ref(ssl);  // each layer frees it
    there.state_->tls = std::make_unique<TlsLayer>(there.state_->socket, ssl);
  }
  state_.reset();
  return there;
}

tcp::socket& Stream::socket() {
  return state_->socket;
}

const tcp::socket& Stream::socket() const {
  return state_->socket;
}

}  // namespace unmuted::net
