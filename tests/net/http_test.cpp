// The server's side of HTTP, byte for byte: what is a request, what is none, and what is answered before it
// is whole.
#include "net/http.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <thread>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/certificate.hpp"
#include "support/raw_connection.hpp"
#include "support/tls_connection.hpp"

namespace unmuted::net {
namespace {

using asio::ip::tcp;
using test::RawConnection;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

/// Says what it understood: "POST host|/path?query body". Requests to /refuse are refused by their head.
class EchoServer {
 public:
  explicit EchoServer(std::chrono::milliseconds first_head = std::chrono::seconds(30),
                      std::chrono::milliseconds patience = std::chrono::seconds(30),
                      TlsContextPtr certificate = nullptr)
      : certificate_(std::move(certificate)) {
    limits_.header_bytes = 1024;
    limits_.body_bytes = 100;
    limits_.first_head = first_head;
    limits_.patience = patience;
    asio::co_spawn(io_, accept(), asio::detached);
    thread_ = std::jthread([this] { io_.run(); });
  }
  ~EchoServer() { io_.stop(); }

  [[nodiscard]] std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
  std::string operator()(const std::string& request) const { return test::raw_exchange(port(), request); }

 private:
  awaitable<void> accept() {
    while (true) {
      tcp::socket socket = co_await acceptor_.async_accept(asio::use_awaitable);
      asio::co_spawn(io_, serve(Stream(std::move(socket)), certificate_, limits_), asio::detached);
    }
  }

  static awaitable<void> end(HttpServerStream& stream, HttpReadEnd end) {
    HttpResponse response;
    response.status = end.status;
    response.body = end.detail;
    if (!end.misunderstanding.empty()) response.headers.emplace_back("X-Reason", end.misunderstanding);
    if (const auto origin = end.request.header("Origin")) response.headers.emplace_back("X-Origin", *origin);
    if (end.status != 0) co_await stream.write(std::move(response), false);
    co_await stream.finish();
  }

  static awaitable<void> serve(Stream connection, TlsContextPtr certificate, HttpLimits limits) {
    HttpServerStream stream(std::move(connection), std::move(certificate), limits);
    bool keep_alive = true;
    while (keep_alive) {
      auto request = co_await stream.read_head();
      if (!request) {
        co_await end(stream, request.error());
        co_return;
      }
      keep_alive = request->keep_alive;
      HttpResponse response;
      if (request->path == "/refuse") {
        response.status = 403;
        keep_alive = false;
      } else {
        auto body = co_await stream.read_body();
        if (!body) {
          co_await end(stream, body.error());
          co_return;
        }
        if (request->path == "/shared") {
          response.shared_body = std::make_shared<const std::string>("shared by many");
        }
        response.body = request->method + " " + request->host + "|" + request->path;
        if (!request->query.empty()) response.body += "?" + request->query;
        response.body += " " + *body + (request->websocket_upgrade ? " upgrade" : "");
        if (const auto probe = request->header("X-Probe")) response.body += " " + std::string(*probe);
      }
      co_await stream.write(std::move(response), keep_alive);
    }
    co_await stream.finish();
  }

  const TlsContextPtr certificate_;
  HttpLimits limits_;
  asio::io_context io_{1};
  tcp::acceptor acceptor_{io_, {asio::ip::address_v4::loopback(), 0}};
  std::jthread thread_;
};

std::string get_text(const std::string& headers, const std::string& target = "/") {
  return "GET " + target + " HTTP/1.1\r\n" + headers + "\r\n";
}

TEST(Http, AMediaTypeHasNoCaseAndNoParameters) {
  for (const char* json :
       {"application/json", "Application/JSON", "application/json;charset=utf-8",
        "application/json ; charset=utf-8", "\tapplication/json\t", " APPLICATION/json;"}) {
    EXPECT_EQ(media_type(json), "application/json") << json;
  }
  EXPECT_EQ(media_type("application/jsonx"), "application/jsonx");
  EXPECT_EQ(media_type("text/plain; a=application/json"), "text/plain");
  EXPECT_EQ(media_type(""), "");
  EXPECT_EQ(media_type(" ; charset=utf-8"), "");
}

TEST(Http, TheHostIsThatOfTheTargetElseOfTheHeader) {
  const EchoServer server;
  EXPECT_THAT(server(get_text("Host: a.example\r\n", "/x?y")), HasSubstr("GET a.example|/x?y"));
  EXPECT_THAT(server(get_text("Host: a.example\r\n", "http://b.example:8000/x")),
              HasSubstr("GET b.example:8000|/x"));
  EXPECT_THAT(server(get_text("host:a.example:80\r\n")), HasSubstr("GET a.example:80|/"));
  EXPECT_THAT(server(get_text("Host: [::1]:8000\r\n")), HasSubstr("GET [::1]:8000|/"));
  EXPECT_THAT(server(get_text("Host:\r\n")), HasSubstr("GET |/"));
  EXPECT_THAT(server("GET / HTTP/1.0\r\n\r\n"), HasSubstr("GET |/"));
  EXPECT_THAT(server("GET http://c.example HTTP/1.0\r\n\r\n"), HasSubstr("GET c.example|/"));
  EXPECT_THAT(server("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n"), HasSubstr("OPTIONS a|*"));
}

TEST(Http, WithoutOneProperHostARequestIsForNobody) {
  const EchoServer server;
  for (const char* headers :
       {"", "Host: a\r\nHost: a\r\n", "Host: a\r\nX: y\r\nhost: b\r\n", "Host: a b\r\n", "Host: http://a\r\n",
        "Host: a/b\r\n", "Host: user@a\r\n", "Host: a:b\r\n", "Host: a:70000\r\n", "Host: [::1\r\n",
        "Host: b\xc3\xbc\r\n", "Host: :80\r\n", "Host: ::1\r\n"}) {
    EXPECT_THAT(server(get_text(headers)), StartsWith("HTTP/1.1 400")) << headers;
    EXPECT_THAT(server(get_text(headers)), HasSubstr("Host")) << headers;
  }
  EXPECT_THAT(server(get_text("", "http://a/")), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(server(get_text("Host: a\r\nOrigin: http://a\r\nOrigin: http://b\r\n")),
              StartsWith("HTTP/1.1 400"));
}

TEST(Http, ATargetThatNamesNothingIsMalformed) {
  const EchoServer server;
  for (const char* target : {"health", "*", "/%", "/#x", "http://", "mailto:a@b"}) {
    const std::string answer = server(get_text("Host: a\r\n", target));
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 400")) << target;
    EXPECT_THAT(answer, HasSubstr("Connection: close")) << target;
  }
  EXPECT_THAT(server("CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n"), StartsWith("HTTP/1.1 400"));
}

TEST(Http, WhereABodyEndsIsBeyondDoubt) {
  const EchoServer server;
  const auto post = [&](const std::string& headers, const std::string& body) {
    return server("POST / HTTP/1.1\r\nHost: a\r\n" + headers + "\r\n" + body);
  };
  EXPECT_THAT(post("Content-Length: 3\r\n", "abc"), HasSubstr("POST a|/ abc"));
  EXPECT_THAT(post("Content-Length: 3\r\nContent-Length: 3\r\n", "abc"), HasSubstr("POST a|/ abc"));
  EXPECT_THAT(post("Transfer-Encoding: Chunked\r\n", "3\r\nabc\r\n0\r\n\r\n"), HasSubstr("POST a|/ abc"));
  for (const char* headers :
       {"Content-Length: 3\r\nContent-Length: 4\r\n", "Content-Length: 3, 4\r\n", "Content-Length: -3\r\n",
        "Content-Length: +3\r\n", "Content-Length: 0x3\r\n", "Content-Length: three\r\n",
        "Content-Length:\r\n", "Content-Length: 99999999999999999999999\r\n",
        "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n",
        "Transfer-Encoding: identity\r\nContent-Length: 3\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "Content-Length : 3\r\n",
        " Content-Length: 3\r\n"}) {
    EXPECT_THAT(post(headers, "0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"),
                StartsWith("HTTP/1.1 400"))
        << headers;
    EXPECT_THAT(post(headers, "0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"),
                Not(HasSubstr("smuggled")))
        << headers;
  }
  for (const char* headers :
       {"Transfer-Encoding: gzip\r\n", "Transfer-Encoding: gzip, chunked\r\n",
        "Transfer-Encoding: chunked, identity\r\n", "Transfer-Encoding: xchunked\r\n"}) {
    EXPECT_THAT(post(headers, "0\r\n\r\n"), StartsWith("HTTP/1.1 501")) << headers;
  }
  EXPECT_THAT(server("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
              StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(post("Transfer-Encoding: chunked\r\n", "x\r\n"), StartsWith("HTTP/1.1 400"));
}

TEST(Http, HeadersBehindABodyDecideNothing) {
  const EchoServer server;
  const std::string answer = server(
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nHost: b\r\nX-Probe: "
      "late\r\n\r\n");
  EXPECT_THAT(answer, HasSubstr("POST a|/ x"));
  EXPECT_THAT(answer, Not(HasSubstr("late")));
}

TEST(Http, AFoldedHeaderIsOneLine) {
  const EchoServer server;
  EXPECT_THAT(server(get_text("Host: a\r\nX-Probe: one\r\n\ttwo\r\n three\r\n")), HasSubstr("one two three"));
  EXPECT_THAT(server("GET / HTTP/1.1\r\n Host: a\r\n\r\n"), StartsWith("HTTP/1.1 400"));
}

TEST(Http, AClientThatWaitsIsToldToGoOn) {
  const EchoServer server;
  for (const char* framing : {"Content-Length: 3\r\n", "Transfer-Encoding: chunked\r\n"}) {
    for (const char* expect : {"100-continue", "100-Continue"}) {
      RawConnection client(server.port());
      client.send("POST / HTTP/1.1\r\nHost: a\r\n" + std::string(framing) + "Expect: " + expect +
                  "\r\nConnection: close\r\n\r\n");
      EXPECT_EQ(client.until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n") << framing << expect;
      client.send(framing[0] == 'C' ? "abc" : "3\r\nabc\r\n0\r\n\r\n");
      EXPECT_THAT(client.rest(), HasSubstr("HTTP/1.1 200 OK"));
      EXPECT_THAT(client.rest(), HasSubstr("POST a|/ abc"));
    }
  }
}

TEST(Http, NobodyIsToldToGoOnInVain) {
  const EchoServer server;
  const auto post = [&](const std::string& headers, const std::string& target = "/",
                        const std::string& version = "1.1") {
    return "POST " + target + " HTTP/" + version + "\r\nHost: a\r\n" + headers +
           "Expect: 100-continue\r\n\r\n";
  };
  // No body; an old client; a body that is too large; a request that is refused by its head.
  EXPECT_THAT(server(post("Content-Length: 0\r\n")), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(server(post("Content-Length: 3\r\n", "/", "1.0") + "abc"), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(server(post("Content-Length: 3\r\n", "/refuse")), StartsWith("HTTP/1.1 403"));
  RawConnection large(server.port());
  large.send(post("Content-Length: 1000000\r\n"));
  EXPECT_THAT(large.until("large"), StartsWith("HTTP/1.1 413"));
}

TEST(Http, AnotherExpectationCannotBeMet) {
  const EchoServer server;
  for (const char* expect : {"200-maybe", "100-continue, 200-maybe", "100", "\"100-continue\""}) {
    EXPECT_THAT(server(get_text("Host: a\r\nExpect: " + std::string(expect) + "\r\n")),
                StartsWith("HTTP/1.1 417"))
        << expect;
  }
}

TEST(Http, WhatIsTooLargeIsRefused) {
  const EchoServer server;
  EXPECT_THAT(server(get_text("Host: a\r\nX: " + std::string(2000, 'x') + "\r\n")),
              StartsWith("HTTP/1.1 431"));
  EXPECT_THAT(server("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n" +
                     std::string(255, 'x') + "\r\n0\r\n\r\n"),
              StartsWith("HTTP/1.1 413"));
}

TEST(Http, AnErrorStillKnowsWhatWasRead) {
  const EchoServer server;
  for (const char* headers :
       {"Origin: http://page\r\n", "Origin: http://page\r\nHost: a\r\nContent-Length: x\r\n",
        "Host: a\r\nOrigin: http://page\r\nExpect: wonders\r\n"}) {
    EXPECT_THAT(server(get_text(headers)), HasSubstr("X-Origin: http://page")) << headers;
  }
}

TEST(Http, RequestsFollowEachOther) {
  const EchoServer server;
  const std::string answers =
      server("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx" + get_text("Host: h\r\n", "/b") +
             "POST /c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1\r\ny\r\n0\r\n\r\n");
  EXPECT_THAT(answers, HasSubstr("POST h|/a x"));
  EXPECT_THAT(answers, HasSubstr("GET h|/b"));
  EXPECT_THAT(answers, HasSubstr("POST h|/c y"));
}

TEST(Http, ARequestThatDoesNotGoOnIsAnswered408) {
  const EchoServer server(std::chrono::milliseconds(50), std::chrono::milliseconds(50));
  for (const char* begun :
       {"G", "GET / HTTP/1.1\r\nHost: a\r\n", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\na",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab"}) {
    RawConnection client(server.port());
    client.send(begun);
    EXPECT_THAT(client.rest(), StartsWith("HTTP/1.1 408")) << begun;
    EXPECT_THAT(client.rest(), HasSubstr("Connection: close")) << begun;
  }
}

TEST(Http, WhoWaitsForTheGoAheadAndThenSaysNothingIsAnswered408) {
  const EchoServer server(std::chrono::milliseconds(50), std::chrono::milliseconds(50));
  RawConnection client(server.port());
  client.send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
  EXPECT_THAT(client.rest(), StartsWith("HTTP/1.1 100 Continue"));
  EXPECT_THAT(client.rest(), HasSubstr("HTTP/1.1 408"));
}

TEST(Http, ASilentConnectionIsClosedWithoutAWord) {
  const EchoServer server(std::chrono::milliseconds(50), std::chrono::milliseconds(50));
  EXPECT_EQ(RawConnection(server.port()).rest(), "");
  RawConnection kept(server.port());
  kept.send(get_text("Host: a\r\n"));
  EXPECT_THAT(kept.rest(), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(kept.rest(), Not(HasSubstr("408")));
}

TEST(Http, OnlyTheFirstHeadIsExpectedSoon) {
  const EchoServer server(std::chrono::milliseconds(500));
  RawConnection client(server.port());
  client.send(get_text("Host: a\r\n"));
  client.until("GET a|/");
  EXPECT_EQ(RawConnection(server.port()).rest(), "");  // which came after the first, and is gone
  client.send(get_text("Host: a\r\nConnection: close\r\n", "/second"));
  EXPECT_THAT(client.rest(), HasSubstr("GET a|/second"));
}

TEST(Http, ABodyMayBeShared) {
  const EchoServer server;
  EXPECT_THAT(server(get_text("Host: a\r\n", "/shared")), HasSubstr("\r\nContent-Length: 14\r\n"));
  EXPECT_THAT(server(get_text("Host: a\r\n", "/shared")), testing::EndsWith("\r\n\r\nshared by many"));
}

TEST(Http, AnUpgradeMayBeSpreadOverSeveralHeaders) {
  const EchoServer server;
  EXPECT_THAT(server(get_text("Host: a\r\nConnection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n")),
              HasSubstr(" upgrade"));
  EXPECT_THAT(
      server(get_text("Host: a\r\nConnection: keep-alive\r\nConnection: upgrade\r\nUpgrade: websocket\r\n")),
      HasSubstr(" upgrade"));
  EXPECT_THAT(server(get_text("Host: a\r\nUpgrade: websocket\r\n")), Not(HasSubstr(" upgrade")));
  EXPECT_THAT(server(get_text("Host: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n")),
              Not(HasSubstr(" upgrade")));
}

// --- TLS ------------------------------------------------------------------------------------------------

TlsContextPtr some_certificate() {
  const test::CertificateFiles files;
  ServerCertificate certificate(files.certificate(), files.key());
  if (auto read = certificate.read(); !read) throw std::runtime_error(read.error().message);
  return certificate.current();
}

constexpr std::chrono::seconds patient{30};
constexpr std::chrono::milliseconds impatient{50};

TEST(HttpOverTls, ARequestIsReadAsInClear) {
  const EchoServer server(patient, patient, some_certificate());
  test::TlsConnection client(server.port());
  client.send("POST /a?b HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbody");
  EXPECT_THAT(client.until("body"), StartsWith("HTTP/1.1 200 OK"));
  client.send("GET /again HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(client.rest(), HasSubstr("GET h|/again"));
  EXPECT_TRUE(client.ended_in_order());
}

TEST(HttpOverTls, AnAnswerOfManyRecordsArrives) {
  const EchoServer server(patient, patient, some_certificate());
  test::TlsConnection client(server.port());
  for (int i = 0; i < 200; ++i) client.send("GET /" + std::string(700, 'x') + " HTTP/1.1\r\nHost: h\r\n\r\n");
  client.send("GET /last HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  const std::string all = client.rest();
  EXPECT_THAT(all, HasSubstr("|/last"));
  EXPECT_GT(all.size(), 200U * 700U);
}

TEST(HttpOverTls, APlainClientIsToldSoInClear) {
  const EchoServer server(patient, patient, some_certificate());
  for (const char* request : {"GET / HTTP/1.1\r\nHost: h\r\n\r\n", "nonsense\r\n\r\n"}) {
    const std::string answer = server(request);
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 400"));
    EXPECT_THAT(answer, HasSubstr("https://"));
    EXPECT_THAT(answer, HasSubstr("X-Reason: plain_text_on_tls_port"));
  }
}

TEST(HttpOverTls, ATlsClientOnAPlainPortIsTurnedAway) {
  const EchoServer server;
  const std::string answer = server(test::client_hello());
  EXPECT_THAT(answer, HasSubstr("X-Reason: tls_on_plain_port"));
  EXPECT_THROW(test::TlsConnection client(server.port()), std::runtime_error);
}

TEST(HttpOverTls, WhoSaysNothingIsLetGo) {
  const EchoServer server(impatient, patient, some_certificate());
  RawConnection silent(server.port());
  EXPECT_EQ(silent.rest(), "");
}

TEST(HttpOverTls, WhoStopsInTheMiddleOfTheHandshakeIsLetGo) {
  const EchoServer server(impatient, patient, some_certificate());
  const std::string client_hello = test::client_hello();
  RawConnection half(server.port());
  half.send(client_hello.substr(0, client_hello.size() / 2));
  half.rest();
  RawConnection deaf(server.port());  // does not answer what the server says to it
  deaf.send(client_hello);
  EXPECT_NE(deaf.rest(), "");
}

TEST(HttpOverTls, WhoStopsAfterTheHandshakeIsLetGo) {
  const EchoServer server(std::chrono::seconds(1), patient, some_certificate());
  test::TlsConnection silent(server.port());
  EXPECT_EQ(silent.rest(), "");
}

TEST(HttpOverTls, WhoBreaksTheHandshakeOffDoesNoHarm) {
  const EchoServer server(patient, patient, some_certificate());
  for (const std::string& bytes :
       {std::string("\x16"), std::string("\x16\x03\x01\x00\x05hello", 10), std::string(40'000, '\x16')}) {
    server(bytes);
  }
  test::TlsConnection client(server.port());
  client.send("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(client.rest(), StartsWith("HTTP/1.1 200 OK"));
}

}  // namespace
}  // namespace unmuted::net
