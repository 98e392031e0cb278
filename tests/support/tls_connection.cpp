#include "support/tls_connection.hpp"

#include <array>
#include <csignal>
#include <stdexcept>

#include <sys/socket.h>
#include <sys/time.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <openssl/ssl.h>
#include <openssl/x509.h>

namespace unmuted::test {
namespace {

using Context = std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)>;
using Session = std::unique_ptr<SSL, decltype(&SSL_free)>;

}  // namespace

struct TlsConnection::Implementation {
  explicit Implementation(std::uint16_t port) {
    std::signal(SIGPIPE, SIG_IGN);
    socket.connect({boost::asio::ip::address_v4::loopback(), port});
    const timeval too_long{30, 0};
    ::setsockopt(socket.native_handle(), SOL_SOCKET, SO_RCVTIMEO, &too_long, sizeof too_long);
    SSL_set_fd(ssl.get(), socket.native_handle());
    if (SSL_connect(ssl.get()) != 1) throw std::runtime_error("the TLS handshake failed");
  }

  bool receive() {
    std::array<char, 4096> chunk{};
    const int count = SSL_read(ssl.get(), chunk.data(), static_cast<int>(chunk.size()));
    if (count > 0) received.append(chunk.data(), static_cast<std::size_t>(count));
    return count > 0;
  }

  boost::asio::io_context io;
  boost::asio::ip::tcp::socket socket{io};
  Context context{SSL_CTX_new(TLS_client_method()), SSL_CTX_free};
  Session ssl{SSL_new(context.get()), SSL_free};
  std::string received;
};

TlsConnection::TlsConnection(std::uint16_t port) : implementation_(std::make_unique<Implementation>(port)) {}
TlsConnection::~TlsConnection() = default;

void TlsConnection::send(std::string_view bytes) {
  SSL_write(implementation_->ssl.get(), bytes.data(), static_cast<int>(bytes.size()));
}

std::string TlsConnection::until(std::string_view text) {
  while (implementation_->received.find(text) == std::string::npos && implementation_->receive()) {
  }
  return implementation_->received;
}

std::string TlsConnection::rest() {
  while (implementation_->receive()) {
  }
  return implementation_->received;
}

bool TlsConnection::ended_in_order() const {
  return (SSL_get_shutdown(implementation_->ssl.get()) & SSL_RECEIVED_SHUTDOWN) != 0;
}

std::string TlsConnection::server_name() const {
  const X509* certificate = SSL_get0_peer_certificate(implementation_->ssl.get());
  std::array<char, 256> name{};
  X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, name.data(),
                            static_cast<int>(name.size()));
  return name.data();
}

std::string TlsConnection::version() const {
  return SSL_get_version(implementation_->ssl.get());
}

std::string client_hello() {
  const Context context(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
  const Session ssl(SSL_new(context.get()), SSL_free);
  BIO* in = BIO_new(BIO_s_mem());
  BIO* out = BIO_new(BIO_s_mem());
  SSL_set_bio(ssl.get(), in, out);
  SSL_set_connect_state(ssl.get());
  SSL_do_handshake(ssl.get());
  std::string bytes(BIO_ctrl_pending(out), '\0');
  BIO_read(out, bytes.data(), static_cast<int>(bytes.size()));
  return bytes;
}

}  // namespace unmuted::test
