#include "support/certificate.hpp"

#include <functional>
#include <memory>
#include <stdexcept>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

namespace unmuted::test {
namespace {

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

std::string pem(const std::function<int(BIO*)>& write) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> memory(BIO_new(BIO_s_mem()), BIO_free);
  if (write(memory.get()) != 1) throw std::runtime_error("cannot write PEM");
  std::string text(BIO_ctrl_pending(memory.get()), '\0');
  BIO_read(memory.get(), text.data(), static_cast<int>(text.size()));
  return text;
}

std::string pem(const Key& key) {
  return pem([&](BIO* out) {
    return PEM_write_bio_PrivateKey(out, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  });
}

}  // namespace

Certificate make_certificate(const std::string& host, const std::string& name,
                             std::chrono::seconds valid_for) {
  const Key key(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"), EVP_PKEY_free);
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(X509_new(), X509_free);
  X509* x509 = certificate.get();
  X509_set_version(x509, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(x509), 1);
  X509_gmtime_adj(X509_getm_notBefore(x509), -3600);
  X509_gmtime_adj(X509_getm_notAfter(x509), static_cast<long>(valid_for.count()));
  X509_set_pubkey(x509, key.get());
  X509_NAME* subject = X509_get_subject_name(x509);
  X509_NAME_add_entry_by_NID(subject, NID_commonName, MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name.data()),
                             static_cast<int>(name.size()), -1, 0);
  X509_set_issuer_name(x509, subject);
  const std::string names_of_host = "DNS:" + host + (host == "localhost" ? ",IP:127.0.0.1" : "");
  X509_EXTENSION* extension =
      X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, names_of_host.c_str());
  X509_add_ext(x509, extension, -1);
  X509_EXTENSION_free(extension);
  X509_sign(x509, key.get(), EVP_sha256());
  return {pem([&](BIO* out) { return PEM_write_bio_X509(out, x509); }), pem(key)};
}

std::string key_of_another_kind() {
  return pem(Key(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"), EVP_PKEY_free));
}

std::string with_password(const std::string& key) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> in(
      BIO_new_mem_buf(key.data(), static_cast<int>(key.size())), BIO_free);
  const Key read(PEM_read_bio_PrivateKey(in.get(), nullptr, nullptr, nullptr), EVP_PKEY_free);
  constexpr unsigned char password[] = {'s', 'e', 'c', 'r', 'e', 't'};
  return pem([&](BIO* out) {
    return PEM_write_bio_PrivateKey(out, read.get(), EVP_aes_256_cbc(), password, sizeof password, nullptr,
                                    nullptr);
  });
}

CertificateFiles::CertificateFiles(const Certificate& certificate) {
  write(certificate);
}

void CertificateFiles::write(const Certificate& made) const {
  write_certificate(made.certificate);
  write_key(made.key);
}

void CertificateFiles::write_certificate(const std::string& text) const {
  folder_.write("certificate.pem", text);
}

void CertificateFiles::write_key(const std::string& text) const {
  folder_.write("key.pem", text);
}

}  // namespace unmuted::test
