// A server over TLS: sessions, certificates that change, those who do not speak it, and the end.
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <sstream>
#include <string>
#include <thread>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <spdlog/logger.h>
#include <spdlog/sinks/ostream_sink.h>

#include "net/connect.hpp"
#include "probe/client.hpp"
#include "probe/in_process_server.hpp"
#include "support/certificate.hpp"
#include "support/eventually.hpp"
#include "support/raw_connection.hpp"
#include "support/tls_connection.hpp"

namespace unmuted {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using probe::Client;
using probe::InProcessServer;
using test::CertificateFiles;
using test::eventually;
using test::make_certificate;
using test::RawConnection;
using test::TlsConnection;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

/// What the threads of a server log.
class SharedText : public std::stringbuf {
 public:
  [[nodiscard]] std::string text() {
    const std::lock_guard lock(mutex_);
    return text_;
  }

 protected:
  std::streamsize xsputn(const char* bytes, std::streamsize count) override {
    const std::lock_guard lock(mutex_);
    text_.append(bytes, static_cast<std::size_t>(count));
    return count;
  }

 private:
  std::mutex mutex_;
  std::string text_;
};

class TlsServer : public testing::Test {
 protected:
  ~TlsServer() override { harness.reset(); }

  void start(Config config = {}) {
    config.characters = UNMUTED_SOURCE_DIR "/tests/casts/alpha";
    config.threads = 2;
    config.tls_certificate = files.certificate();
    config.tls_key = files.key();
    config.log = std::make_shared<spdlog::logger>(
        "test", std::make_shared<spdlog::sinks::ostream_sink_mt>(log_stream));
    auto started = InProcessServer::start(std::move(config));
    ASSERT_TRUE(started) << started.error().message;
    harness.emplace(std::move(*started));
  }
  Server& server() { return harness->server(); }
  [[nodiscard]] std::uint16_t port() { return server().port(); }
  [[nodiscard]] bool log_says(const std::string& text) {
    return eventually([&] { return log.text().find(text) != std::string::npos; });
  }

  Result<Client> connect(const std::string& certificate) {
    net::ConnectorOptions trust;
    trust.ca_file = certificate;
    trust.connect_timeout = 30s;
    auto connector = net::Connector::create(trust);
    if (!connector) return tl::unexpected(connector.error());
    net::ConnectOptions options;
    options.connector = *connector;
    return Client::connect(harness->websocket_url(), options);
  }
  Result<Client> connect() { return connect(files.certificate()); }

  static void expect_service(Client& client) {
    ASSERT_TRUE(client.send({{"type", "session.characters.list"}}));
    const auto listed = client.expect("{type: session.characters.listed}");
    EXPECT_TRUE(listed) << listed.error().message;
  }

  std::string get(TlsConnection& connection, const std::string& path) {
    connection.send("GET " + path + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    return connection.rest();
  }

  const CertificateFiles files{make_certificate("localhost", "first")};
  SharedText log;
  std::ostream log_stream{&log};
  std::optional<InProcessServer> harness;
};

const std::string upgrade_request =
    "GET /v1/realtime HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

TEST_F(TlsServer, HoldsSessionsAndAnswersRequests) {
  start();
  EXPECT_THAT(server().url(), StartsWith("https://127.0.0.1:"));
  EXPECT_NE(server().certificate_valid_until(), "");
  for (int thread = 0; thread < 4; ++thread) {  // a session moves to the thread with the fewest
    auto client = connect();
    ASSERT_TRUE(client) << client.error().message;
    expect_service(*client);
    const auto closed = client->close();
    ASSERT_TRUE(closed);
    EXPECT_TRUE(closed->orderly);
  }
  TlsConnection browser(port());
  EXPECT_THAT(get(browser, "/v1/health"), StartsWith("HTTP/1.1 200"));
  EXPECT_TRUE(browser.ended_in_order());
  EXPECT_EQ(browser.version(), "TLSv1.3");
}

TEST_F(TlsServer, LargeMessagesPassBothWays) {
  start();
  auto client = connect();
  ASSERT_TRUE(client);
  const std::string text(200'000, 'x');
  ASSERT_TRUE(client->send({{"type", "no.such.event"}, {"text", text}}));
  EXPECT_TRUE(client->expect("{type: error}"));
  for (int i = 0; i < 200; ++i) ASSERT_TRUE(client->send({{"type", "session.characters.list"}}));
  for (int i = 0; i < 60; ++i) EXPECT_TRUE(client->expect("{type: session.characters.listed}")) << i;
  expect_service(*client);
}

TEST_F(TlsServer, AClientThatTrustsNobodyIsNotConnected) {
  start();
  const CertificateFiles other;
  const auto client = connect(other.certificate());
  ASSERT_FALSE(client);
  EXPECT_EQ(client.error().code, "tls_failed");
  EXPECT_THAT(client.error().message, HasSubstr("self-signed certificate"));
  EXPECT_TRUE(log_says("connection_refused reason=tls_failed"));
}

TEST_F(TlsServer, ACertificateIsReadAgainWhileSessionsGoOn) {
  start();
  auto old = connect();
  ASSERT_TRUE(old);
  EXPECT_EQ(TlsConnection(port()).server_name(), "first");

  files.write(make_certificate("localhost", "second"));
  server().request_certificate_reload();
  ASSERT_TRUE(log_says("certificate_reloaded file=" + files.certificate()));
  EXPECT_EQ(TlsConnection(port()).server_name(), "second");
  auto fresh = connect();
  ASSERT_TRUE(fresh) << fresh.error().message;
  expect_service(*fresh);
  expect_service(*old);
}

TEST_F(TlsServer, ABadCertificateChangesNothing) {
  start();
  files.write_key(make_certificate().key);
  server().request_certificate_reload();
  ASSERT_TRUE(log_says("certificate_reload_failed error=--tls-key " + files.key()));
  EXPECT_EQ(TlsConnection(port()).server_name(), "first");
}

TEST_F(TlsServer, DoesNotStartWithABadCertificate) {
  files.write_certificate("none");
  Config config;
  config.characters = UNMUTED_SOURCE_DIR "/tests/casts/alpha";
  config.tls_certificate = files.certificate();
  config.tls_key = files.key();
  const auto started = InProcessServer::start(std::move(config));
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, "invalid_configuration");
}

TEST_F(TlsServer, APlainClientIsToldSo) {
  start();
  for (int i = 0; i < 20; ++i) {
    const std::string answer = test::raw_exchange(port(), "GET /v1/health HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 400"));
    EXPECT_THAT(answer, HasSubstr("https://"));
  }
  const auto client = Client::connect("ws://127.0.0.1:" + std::to_string(port()) + "/v1/realtime");
  ASSERT_FALSE(client);
  EXPECT_EQ(client.error().code, "upgrade_refused");
  EXPECT_THAT(client.error().message, HasSubstr("wss://"));
  EXPECT_TRUE(log_says("connection_refused reason=plain_text_on_tls_port"));
  const std::string text = log.text();
  std::size_t lines = 0;
  for (std::size_t at = text.find("connection_refused"); at != std::string::npos;
       at = text.find("connection_refused", at + 1)) {
    ++lines;
  }
  EXPECT_LT(lines, 21U);  // one a second
}

TEST(PlainServer, ATlsClientIsTurnedAway) {
  SharedText log;
  std::ostream log_stream(&log);
  Config config;
  config.characters = UNMUTED_SOURCE_DIR "/tests/casts/alpha";
  config.log =
      std::make_shared<spdlog::logger>("test", std::make_shared<spdlog::sinks::ostream_sink_mt>(log_stream));
  auto harness = InProcessServer::start(std::move(config));
  ASSERT_TRUE(harness);
  const auto client =
      Client::connect("wss://127.0.0.1:" + std::to_string(harness->server().port()) + "/v1/realtime");
  ASSERT_FALSE(client);
  EXPECT_EQ(client.error().code, "tls_failed");
  EXPECT_THAT(client.error().message, HasSubstr("does not answer in TLS"));
  EXPECT_TRUE(eventually(
      [&] { return log.text().find("connection_refused reason=tls_on_plain_port") != std::string::npos; }));
}

// --- those who hold a connection ------------------------------------------------------------------------

TEST_F(TlsServer, SilentClientsAreLetGo) {
  Config config;
  config.first_request = 50ms;
  start(std::move(config));
  const std::string hello = test::client_hello();
  for (const std::string& begun : {std::string(), hello.substr(0, 1), hello.substr(0, 100), hello}) {
    RawConnection silent(port());
    silent.send(begun);
    silent.rest();
  }
}

TEST_F(TlsServer, ConnectionsInAHandshakeGiveWay) {
  Config config;
  config.max_sessions = 1;
  config.spare_connections = 3;
  config.first_request = 60s;
  start(std::move(config));
  const std::string hello = test::client_hello();
  RawConnection silent(port());
  RawConnection half(port());
  half.send(hello.substr(0, 100));
  TlsConnection idle(port());  // has shaken hands
  RawConnection waiting(port());
  waiting.send(hello);
  EXPECT_NE(waiting.until("\x16"), "");
  // Each newcomer takes the place of the one that has waited longest.
  auto client = connect();
  ASSERT_TRUE(client) << client.error().message;
  EXPECT_EQ(silent.rest(), "");
  for (int i = 0; i < 2; ++i) {
    TlsConnection newcomer(port());
    EXPECT_THAT(get(newcomer, "/readyz"), StartsWith("HTTP/1.1 "));
  }
  EXPECT_THAT(server().metrics_text(), HasSubstr("worker_dropped_connections"));
  half.rest();
  EXPECT_THAT(log.text(), Not(HasSubstr("tls_failed")));  // it was let go, and did nothing wrong
  expect_service(*client);
}

TEST_F(TlsServer, FramesBeforeTheAnswerAreRefusedAsInClear) {
  start();
  TlsConnection early(port());
  early.send(upgrade_request + std::string("\x81\x80\0\0\0\0", 6));
  EXPECT_THAT(early.rest(), StartsWith("HTTP/1.1 400"));
}

TEST_F(TlsServer, AMutePeerDoesNotHoldUpTheEnd) {
  Config config;
  config.drain_timeout = 300ms;
  config.first_request = 60s;
  start(std::move(config));
  TlsConnection session(port());
  session.send(upgrade_request);
  EXPECT_THAT(session.until("\r\n\r\n"), StartsWith("HTTP/1.1 101"));
  TlsConnection idle(port());
  RawConnection half(port());
  half.send(test::client_hello());
  EXPECT_NE(half.until("\x16"), "");
  const TimePoint began = Clock::now();
  EXPECT_TRUE(server().drain());
  EXPECT_LT(Clock::now() - began, 10s);
  harness.reset();
  session.rest();
  idle.rest();
  half.rest();
}

TEST_F(TlsServer, ASessionThatIsClosedEndsItsTlsInOrder) {
  start();
  TlsConnection session(port());
  session.send(upgrade_request);
  session.until("\r\n\r\n");
  session.send(std::string("\x88\x82\0\0\0\0\x03\xe8", 8));  // close, 1000
  session.rest();
  EXPECT_TRUE(session.ended_in_order());
  EXPECT_TRUE(eventually([&] { return server().session_count() == 0; }));
}

}  // namespace
}  // namespace unmuted
