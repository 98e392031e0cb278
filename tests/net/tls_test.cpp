#include "net/tls.hpp"

#include <chrono>
#include <filesystem>
#include <string>

#include <sys/stat.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/certificate.hpp"

namespace unmuted::net {
namespace {

using test::CertificateFiles;
using test::make_certificate;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::StartsWith;

std::string problem(ServerCertificate& certificate) {
  const auto read = certificate.read();
  if (read) return "none";
  EXPECT_EQ(read.error().code, "invalid_configuration");
  return read.error().message;
}

TEST(ServerCertificate, IsReadFromFiles) {
  const CertificateFiles files;
  ServerCertificate certificate(files.certificate(), files.key());
  EXPECT_EQ(certificate.current(), nullptr);
  EXPECT_EQ(certificate.valid_until(), "");
  ASSERT_EQ(problem(certificate), "none");
  EXPECT_NE(certificate.current(), nullptr);
  EXPECT_THAT(certificate.valid_until(), MatchesRegex("20[0-9][0-9]-[0-9][0-9]-[0-9][0-9]"));
}

TEST(ServerCertificate, WithoutFilesThereIsNone) {
  ServerCertificate certificate("", "");
  EXPECT_EQ(problem(certificate), "none");
  EXPECT_EQ(certificate.current(), nullptr);
}

TEST(ServerCertificate, SaysWhatIsWrong) {
  const CertificateFiles files;
  ServerCertificate nowhere("/nowhere/certificate.pem", files.key());
  EXPECT_EQ(problem(nowhere), "--tls-cert /nowhere/certificate.pem: No such file or directory");
  ServerCertificate no_key(files.certificate(), "/nowhere/key.pem");
  EXPECT_EQ(problem(no_key), "--tls-key /nowhere/key.pem: No such file or directory");
  ServerCertificate folder("/", files.key());
  EXPECT_THAT(problem(folder), StartsWith("--tls-cert /: "));
  ServerCertificate key_twice(files.key(), files.key());
  EXPECT_THAT(problem(key_twice), HasSubstr("expected a certificate in PEM format"));
  ServerCertificate certificate_twice(files.certificate(), files.certificate());
  EXPECT_THAT(problem(certificate_twice), HasSubstr("expected a private key without a password"));

  ServerCertificate certificate(files.certificate(), files.key());
  files.write_key(make_certificate().key);
  EXPECT_THAT(problem(certificate),
              HasSubstr("it is not the key of the certificate in " + files.certificate()));
  files.write_key(test::key_of_another_kind());  // which OpenSSL would put beside the certificate
  EXPECT_THAT(problem(certificate),
              HasSubstr("it is not the key of the certificate in " + files.certificate()));
  files.write_key(test::with_password(make_certificate().key));
  EXPECT_THAT(problem(certificate), HasSubstr("expected a private key without a password"));
}

TEST(ServerCertificate, MayHaveExpired) {
  const CertificateFiles files;
  ServerCertificate certificate(files.certificate(), files.key());
  EXPECT_FALSE(certificate.expired());
  ASSERT_EQ(problem(certificate), "none");
  EXPECT_FALSE(certificate.expired());
  files.write(make_certificate("localhost", "of yesterday", -std::chrono::seconds(60)));
  ASSERT_EQ(problem(certificate), "none");
  EXPECT_TRUE(certificate.expired());
}

TEST(ServerCertificate, DoesNotWaitAtAPipeThatWasRead) {
  const CertificateFiles files;
  ServerCertificate certificate(files.certificate(), files.key());
  ASSERT_EQ(problem(certificate), "none");
  for (const std::string& file : {files.key(), files.certificate()}) {
    std::filesystem::remove(file);
    ASSERT_EQ(::mkfifo(file.c_str(), 0600), 0);
    EXPECT_THAT(problem(certificate), HasSubstr(file + ": it is a pipe"));
  }
}

TEST(ServerCertificate, KeepsTheOneBeforeWhenTheNextIsBad) {
  const CertificateFiles files;
  ServerCertificate certificate(files.certificate(), files.key());
  ASSERT_EQ(problem(certificate), "none");
  const auto first = certificate.current();
  files.write_certificate(make_certificate().certificate);
  EXPECT_NE(problem(certificate), "none");
  EXPECT_EQ(certificate.current(), first);
  files.write(make_certificate());
  EXPECT_EQ(problem(certificate), "none");
  EXPECT_NE(certificate.current(), first);
}

TEST(TrustedAuthorities, ThoseOfAFileComeBesidesTheSystems) {
  const CertificateFiles files;
  EXPECT_TRUE(trusted_authorities(""));
  EXPECT_TRUE(trusted_authorities(files.certificate()));
  for (const std::string& file : {std::string("/nowhere/ca.pem"), files.key()}) {
    const auto none = trusted_authorities(file);
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().code, "invalid_configuration");
    EXPECT_THAT(none.error().message, HasSubstr(file));
  }
}

}  // namespace
}  // namespace unmuted::net
