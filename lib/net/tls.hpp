#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "core/result.hpp"

namespace boost::asio::ssl {
class context;
}

namespace unmuted::net {

/// What one side of TLS needs for its handshakes: a server its certificate, a client whom it trusts. Not
/// changed once it is made; any thread.
using TlsContextPtr = std::shared_ptr<boost::asio::ssl::context>;

/// For clients: those whom the system trusts, and besides those in `ca_file` (PEM; none when empty).
/// Error: invalid_configuration.
Result<TlsContextPtr> trusted_authorities(const std::string& ca_file);

/// The certificate that a server shows, which may be read again while it is in use. Any thread.
class ServerCertificate {
 public:
  /// PEM files: the certificate, with those behind it that lead to a known authority, and its key, which has
  /// no password. Without names there is no certificate.
  ServerCertificate(std::string certificate_file, std::string key_file);

  /// Reads both. Handshakes that begin later show what was read; on an error they go on to show what was read
  /// before. A pipe is read the first time only. Error: invalid_configuration. Blocks. Does nothing without
  /// names.
  Result<void> read();

  /// Null when there is none.
  [[nodiscard]] TlsContextPtr current() const;

  /// The last day on which it is valid, "2027-01-31"; empty when there is none.
  [[nodiscard]] std::string valid_until() const;

  /// Whether that day is past, so that clients refuse it; by the clock of this machine.
  [[nodiscard]] bool expired() const;

  [[nodiscard]] const std::string& file() const { return certificate_file_; }

 private:
  const std::string certificate_file_, key_file_;
  mutable std::mutex mutex_;
  TlsContextPtr current_;
};

}  // namespace unmuted::net
