#include "net/tls.hpp"

#include <cerrno>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/ssl/context.hpp>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "core/utf8.hpp"

namespace unmuted::net {

namespace asio = boost::asio;
namespace ssl = asio::ssl;
using boost::system::error_code;

namespace {

constexpr std::size_t max_file = 1U << 20U;

tl::unexpected<Error> invalid(const std::string& flag, const std::string& file, const std::string& why) {
  return fail("invalid_configuration", flag + " " + printable(file) + ": " + why);
}

Result<std::string> read_file(const std::string& flag, const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return invalid(flag, file, std::strerror(errno));
  std::string text(max_file + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.bad()) return invalid(flag, file, "it is no file that can be read");
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (text.size() > max_file) return invalid(flag, file, "it is larger than 1 MiB");
  return text;
}

/// What a shell puts in the place of a file ("<(…)"): whoever reads it a second time waits for ever.
bool is_pipe(const std::string& file) {
  std::error_code unknown;
  return std::filesystem::is_fifo(file, unknown);
}

constexpr const char* read_once = "it is a pipe, which can be read once";

/// OpenSSL would ask at the terminal.
int no_password(char*, int, int, void*) {
  return -1;
}

TlsContextPtr server_context() {
  auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
  SSL_CTX* native = context->native_handle();
  SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
  SSL_CTX_set_options(native, SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_session_cache_mode(native, SSL_SESS_CACHE_OFF);  // tickets do without one
  SSL_CTX_set_default_passwd_cb(native, no_password);
  return context;
}

}  // namespace

Result<TlsContextPtr> trusted_authorities(const std::string& ca_file) {
  auto context = std::make_shared<ssl::context>(ssl::context::tls_client);
  SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
  error_code error;
  context->set_default_verify_paths(error);
  context->set_verify_mode(ssl::verify_peer);
  if (!ca_file.empty()) context->load_verify_file(ca_file, error);
  if (!error) return context;
  return fail("invalid_configuration", "Cannot read the certificates of " +
                                           (ca_file.empty() ? "the system" : printable(ca_file)) + ": " +
                                           error.message());
}

ServerCertificate::ServerCertificate(std::string certificate_file, std::string key_file)
    : certificate_file_(std::move(certificate_file)), key_file_(std::move(key_file)) {}

Result<void> ServerCertificate::read() {
  if (certificate_file_.empty()) return {};
  const bool again = current() != nullptr;
  if (again && is_pipe(certificate_file_)) return invalid("--tls-cert", certificate_file_, read_once);
  if (again && is_pipe(key_file_)) return invalid("--tls-key", key_file_, read_once);
  const auto certificate = read_file("--tls-cert", certificate_file_);
  if (!certificate) return tl::unexpected(certificate.error());
  const auto key = read_file("--tls-key", key_file_);
  if (!key) return tl::unexpected(key.error());
  auto context = server_context();
  error_code error;
  context->use_certificate_chain(asio::buffer(*certificate), error);
  if (error) {
    return invalid("--tls-cert", certificate_file_,
                   "expected a certificate in PEM format (" + error.message() + ")");
  }
  context->use_private_key(asio::buffer(*key), ssl::context::pem, error);
  // A key of another kind than the certificate's is no error yet: OpenSSL has a place for one pair of each.
  const bool mismatch =
      error ? ERR_GET_REASON(static_cast<unsigned long>(error.value())) == X509_R_KEY_VALUES_MISMATCH
            : SSL_CTX_check_private_key(context->native_handle()) != 1;
  if (mismatch) {
    ERR_clear_error();
    return invalid("--tls-key", key_file_,
                   "it is not the key of the certificate in " + printable(certificate_file_));
  }
  if (error) {
    return invalid("--tls-key", key_file_,
                   "expected a private key without a password, in PEM format (" + error.message() + ")");
  }
  ERR_clear_error();
  const std::lock_guard lock(mutex_);
  current_ = std::move(context);
  return {};
}

TlsContextPtr ServerCertificate::current() const {
  const std::lock_guard lock(mutex_);
  return current_;
}

std::string ServerCertificate::valid_until() const {
  const auto context = current();
  if (!context) return {};
  std::tm time{};
  const X509* certificate = SSL_CTX_get0_certificate(context->native_handle());
  if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &time) != 1) return {};
  char text[16];
  const std::size_t size = std::strftime(text, sizeof text, "%Y-%m-%d", &time);
  return {text, size};
}

bool ServerCertificate::expired() const {
  const auto context = current();
  if (!context) return false;
  const X509* certificate = SSL_CTX_get0_certificate(context->native_handle());
  return X509_cmp_current_time(X509_get0_notAfter(certificate)) < 0;
}

}  // namespace unmuted::net
