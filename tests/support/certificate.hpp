#pragma once

#include <chrono>
#include <string>

#include "support/temporary_folder.hpp"

namespace unmuted::test {

/// A certificate that signs itself, with its key; PEM, made anew for each test.
struct Certificate {
  std::string certificate, key;
};

/// For `host` – and where that is localhost, for 127.0.0.1 as well. `name` tells certificates apart. Negative
/// `valid_for`: it has expired.
Certificate make_certificate(const std::string& host = "localhost", const std::string& name = "test server",
                             std::chrono::seconds valid_for = std::chrono::hours(24));

/// A key of another kind than a certificate's here.
std::string key_of_another_kind();

/// The same key, which only whoever knows a password can read.
std::string with_password(const std::string& key);

/// A certificate in files, which go with this object.
class CertificateFiles {
 public:
  explicit CertificateFiles(const Certificate& certificate = make_certificate());

  void write(const Certificate& certificate) const;
  void write_key(const std::string& text) const;
  void write_certificate(const std::string& text) const;

  [[nodiscard]] std::string certificate() const { return folder_.path("certificate.pem"); }
  [[nodiscard]] std::string key() const { return folder_.path("key.pem"); }

 private:
  TemporaryFolder folder_;
};

}  // namespace unmuted::test
