#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace unmuted::test {

/// A TLS connection to 127.0.0.1 on which a test says byte for byte what it wants to. It trusts whoever
/// answers, and blocks; what waits gives up after half a minute.
class TlsConnection {
 public:
  /// Throws std::runtime_error when the handshake fails.
  explicit TlsConnection(std::uint16_t port);
  ~TlsConnection();

  void send(std::string_view bytes);
  /// All that has come so far, once `text` is among it or the other side has ended.
  std::string until(std::string_view text);
  /// All that comes until the other side ends.
  std::string rest();
  /// Whether the other side has said so, as TLS has it.
  [[nodiscard]] bool ended_in_order() const;

  /// The name in the server's certificate.
  [[nodiscard]] std::string server_name() const;
  /// "TLSv1.3"
  [[nodiscard]] std::string version() const;

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

/// What a client of TLS says first.
std::string client_hello();

}  // namespace unmuted::test
