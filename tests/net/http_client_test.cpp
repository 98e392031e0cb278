#include "net/http_client.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/clock.hpp"
#include "support/event_loop.hpp"
#include "support/model_server.hpp"

namespace unmuted::net {
namespace {

using namespace std::chrono_literals;
using asio::ip::tcp;
using test::Behaviour;
using test::EventLoop;
using test::ModelServer;
using testing::HasSubstr;

HttpClient client(HttpClientOptions options = {}) {
  auto created = HttpClient::create(std::move(options));
  if (!created) throw std::runtime_error(created.error().message);
  return *created;
}

HttpClientRequest get(std::string url) {
  HttpClientRequest request;
  request.url = std::move(url);
  return request;
}

HttpClientRequest post(std::string url, std::string body) {
  HttpClientRequest request = get(std::move(url));
  request.method = "POST";
  request.body = std::move(body);
  return request;
}

const std::string hello = R"({"messages":[{"role":"user","content":"hello"}]})";

/// Answers the connections it gets, one after the other, with bytes that are given, and closes.
class RawServer {
 public:
  explicit RawServer(std::deque<std::string> answers) {
    thread_ = std::jthread([this, answers = std::move(answers)] {
      for (const std::string& answer : answers) {
        tcp::socket socket = acceptor_.accept();
        std::string request;
        asio::read_until(socket, asio::dynamic_buffer(request), "\r\n\r\n");
        boost::system::error_code ignored;
        asio::write(socket, asio::buffer(answer), ignored);
      }
    });
  }

  [[nodiscard]] std::string url() const {
    return "http://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port()) + "/";
  }

 private:
  asio::io_context io_;
  tcp::acceptor acceptor_{io_, {asio::ip::address_v4::loopback(), 0}};
  std::jthread thread_;
};

/// Listens, but accepts nobody by itself.
class SilentServer {
 public:
  explicit SilentServer(int backlog = 8) { acceptor_.listen(backlog); }

  [[nodiscard]] std::string authority() const {
    return "127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port());
  }
  [[nodiscard]] tcp::endpoint endpoint() const { return acceptor_.local_endpoint(); }

  /// What the next client sends until it closes.
  std::string all_of_next() {
    tcp::socket socket = acceptor_.accept();
    std::string all;
    boost::system::error_code end;
    asio::read(socket, asio::dynamic_buffer(all), end);
    return all;
  }

 private:
  asio::io_context io_;
  tcp::acceptor acceptor_ = [this] {
    tcp::acceptor acceptor(io_, tcp::v4());
    acceptor.bind({asio::ip::address_v4::loopback(), 0});
    return acceptor;
  }();
};

/// Takes no further connection: those that try wait.
class FullServer {
 public:
  FullServer() { first_.connect(server_.endpoint()); }
  [[nodiscard]] std::string authority() const { return server_.authority(); }

 private:
  SilentServer server_{0};
  asio::io_context io_;
  tcp::socket first_{io_};
};

/// Treats the connections it gets one after the other, each by its own function, on a thread.
class ScriptedServer {
 public:
  using Script = std::function<void(tcp::socket&)>;
  explicit ScriptedServer(std::vector<Script> scripts) {
    thread_ = std::jthread([this, scripts = std::move(scripts)] {
      for (const Script& script : scripts) {
        tcp::socket socket = acceptor_.accept();
        script(socket);
      }
    });
  }

  [[nodiscard]] std::string url() const {
    return "http://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port()) + "/";
  }

 private:
  asio::io_context io_;
  tcp::acceptor acceptor_{io_, {asio::ip::address_v4::loopback(), 0}};
  std::jthread thread_;
};

/// Reads a head, and a body of `body` bytes.
void take_request(tcp::socket& socket, std::size_t body = 0) {
  std::string request;
  const std::size_t head = asio::read_until(socket, asio::dynamic_buffer(request), "\r\n\r\n");
  const std::size_t missing = head + body - std::min(head + body, request.size());
  boost::system::error_code end;
  asio::read(socket, asio::dynamic_buffer(request), asio::transfer_exactly(missing), end);
}

void say(tcp::socket& socket, const std::string& status) {
  boost::system::error_code end;
  asio::write(socket, asio::buffer("HTTP/1.1 " + status + "\r\nContent-Length: 2\r\n\r\nok"), end);
}

void wait_for_end(tcp::socket& socket) {
  boost::system::error_code end;
  std::string rest;
  asio::read(socket, asio::dynamic_buffer(rest), end);
}

Result<HttpResponse> answer_to(const std::string& bytes, HttpClientRequest request = {}) {
  RawServer server({bytes});
  EventLoop loop;
  request.url = server.url();
  return loop.run(client().fetch(std::move(request)));
}

std::string error_code_of(const std::string& bytes, HttpClientRequest request = {}) {
  const auto response = answer_to(bytes, std::move(request));
  return response ? "no error" : response.error().code;
}

TEST(HttpClient, GivesTheWholeResponse) {
  const auto response = answer_to(
      "HTTP/1.1 418 I'm a teapot\r\nContent-Type: text/plain\r\nX-Name: value\r\nContent-Length: "
      "5\r\n\r\nshort");
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->status, 418U);
  EXPECT_EQ(response->content_type, "text/plain");
  EXPECT_EQ(response->body, "short");
  EXPECT_THAT(response->headers, testing::Contains(testing::Pair("X-Name", "value")));
}

TEST(HttpClient, ReadsEveryFramingOfABody) {
  EXPECT_EQ(
      answer_to("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n")
          ->body,
      "abcde");
  EXPECT_EQ(answer_to("HTTP/1.1 200 OK\r\n\r\nto the end")->body, "to the end");
  EXPECT_EQ(answer_to("HTTP/1.1 204 No Content\r\n\r\n")->body, "");
  EXPECT_EQ(answer_to("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")->body, "");
  EXPECT_EQ(answer_to("HTTP/1.0 200 OK\r\n\r\nold")->body, "old");
}

TEST(HttpClient, PassesOverInterimResponses) {
  const std::string hint = "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n";
  EXPECT_EQ(answer_to(hint + hint + "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")->body, "ok");
  std::string hints;
  for (int i = 0; i < 50; ++i) hints += hint;
  EXPECT_EQ(error_code_of(hints), "invalid_response");
}

TEST(HttpClient, SendsMethodHeadersAndBody) {
  SilentServer server;
  std::string sent;
  std::jthread reader([&] { sent = server.all_of_next(); });
  EventLoop loop;
  auto request = post("http://" + server.authority() + "/path?x=1", "the body");
  request.headers = {{"X-Name", "value"}};
  request.idle_timeout = 100ms;
  const auto response = loop.run(client().fetch(request));
  reader.join();
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, "timed_out");
  EXPECT_THAT(sent, testing::StartsWith("POST /path?x=1 HTTP/1.1\r\nHost: " + server.authority() + "\r\n"));
  EXPECT_THAT(sent, HasSubstr("X-Name: value\r\n"));
  EXPECT_THAT(sent, HasSubstr("Content-Length: 8\r\n"));
  EXPECT_THAT(sent, testing::EndsWith("\r\n\r\nthe body"));
}

/// The head of what is sent for `request`.
std::string sent_for(HttpClientRequest request) {
  std::string sent;
  ScriptedServer server({[&](tcp::socket& socket) {
    asio::read_until(socket, asio::dynamic_buffer(sent), "\r\n\r\n");
    say(socket, "200 OK");
  }});
  EventLoop loop;
  HttpClientOptions options;
  options.max_idle = 0;
  request.url = server.url() + "of/the/url";
  EXPECT_TRUE(loop.run(client(options).fetch(std::move(request))));
  return sent;
}

TEST(HttpClient, SendsHeadersOfOnesOwnInThePlaceOfItsOwn) {
  HttpClientRequest request;
  request.method = "POST";
  request.target = "*";
  request.headers = {{"host", "h"}, {"content-length", "0"}, {"X-A", "1"}, {"x-a", "2"}};
  const std::string sent = sent_for(request);
  EXPECT_THAT(sent, testing::StartsWith("POST * HTTP/1.1\r\n"));
  EXPECT_THAT(sent, HasSubstr("\r\nhost: h\r\n"));
  EXPECT_THAT(sent, HasSubstr("\r\nX-A: 1\r\n"));
  EXPECT_THAT(sent, HasSubstr("\r\nx-a: 2\r\n"));
  EXPECT_THAT(sent, testing::Not(HasSubstr("Host:")));
  EXPECT_THAT(sent, testing::Not(HasSubstr("Content-Length:")));
  request.headers.clear();
  EXPECT_THAT(sent_for(request), HasSubstr("\r\nContent-Length: 0\r\n"));
  request.method = "GET";
  EXPECT_THAT(sent_for(request), testing::Not(HasSubstr("Content-Length")));
}

TEST(HttpClient, TheAnswerToHeadHasNoBody) {
  HttpClientRequest request;
  request.method = "HEAD";
  const auto response = answer_to("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", request);
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->body, "");
}

TEST(HttpClient, WhatIsNoUsableResponse) {
  EXPECT_EQ(error_code_of("SSH-2.0-OpenSSH_9.2\r\n"), "invalid_response");
  EXPECT_EQ(error_code_of("HTTP/1.1 200 OK\r\nX: " + std::string(100'000, 'x')), "invalid_response");
  EXPECT_EQ(error_code_of("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"), "invalid_response");
  EXPECT_EQ(
      error_code_of("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;" + std::string(100'000, 'x')),
      "invalid_response");
  HttpClientRequest small;
  small.max_body = 4;
  EXPECT_EQ(error_code_of("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabcde", small), "invalid_response");
  EXPECT_EQ(
      error_code_of("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n0\r\n\r\n", small),
      "invalid_response");
  EXPECT_EQ(error_code_of("HTTP/1.1 200 OK\r\n\r\nabcde", small), "invalid_response");
}

TEST(HttpClient, AConnectionThatEndsTooEarly) {
  for (const char* bytes :
       {"", "HTTP/1.1 200 OK\r\nContent-", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n"}) {
    EXPECT_EQ(error_code_of(bytes), "connection_lost") << bytes;
  }
}

TEST(HttpClient, AddressesThatCannotBeReached) {
  ModelServer server;
  server.behave(Behaviour::refuse);
  EventLoop loop;
  const auto refused = loop.run(client().fetch(get(server.url())));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "connect_failed");
  EXPECT_THAT(refused.error().message, HasSubstr("Connection refused"));

  const auto unknown = loop.run(client().fetch(get("http://" + std::string(70, 'x') + "/")));
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, "connect_failed");
  EXPECT_THAT(unknown.error().message, HasSubstr("Cannot find xxx"));

  EXPECT_EQ(loop.run(client().fetch(get("ws://127.0.0.1/"))).error().code, "invalid_url");
  EXPECT_EQ(loop.run(client().fetch(get("nonsense"))).error().code, "invalid_url");
}

TEST(HttpClient, FindsTheAddressThatAnswersOfAName) {
  ModelServer server;  // on 127.0.0.1, while localhost may be ::1 first
  EventLoop loop;
  std::string url = server.url() + "/v1/models";
  url.replace(url.find("127.0.0.1"), 9, "localhost");
  const auto response = loop.run(client().fetch(get(url)));
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->status, 200U);
}

TEST(HttpClient, UsesAConnectionAgain) {
  ModelServer server;
  EventLoop loop;
  const HttpClient http = client();
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(loop.run(http.fetch(get(server.url() + "/v1/models")))->status, 200U);
    EXPECT_EQ(loop.run(http.fetch(post(server.url() + "/v1/chat/completions", hello)))->status, 200U);
  }
  EXPECT_EQ(server.connections(), 1U);
}

TEST(HttpClient, KeepsNoMoreThanItMay) {
  ModelServer server;
  EventLoop loop;
  HttpClientOptions options;
  options.max_idle = 0;
  const HttpClient http = client(options);
  EXPECT_TRUE(loop.run(http.fetch(get(server.url() + "/v1/models"))));
  EXPECT_TRUE(server.wait_for_ends(1));
  EXPECT_TRUE(loop.run(http.fetch(get(server.url() + "/v1/models"))));
  EXPECT_EQ(server.connections(), 2U);
}

TEST(HttpClient, DoesNotUseOldConnections) {
  ModelServer server;
  EventLoop loop;
  HttpClientOptions options;
  options.keep_idle = 0ms;
  const HttpClient http = client(options);
  EXPECT_TRUE(loop.run(http.fetch(get(server.url() + "/v1/models"))));
  EXPECT_TRUE(loop.run(http.fetch(get(server.url() + "/v1/models"))));
  EXPECT_EQ(server.connections(), 2U);
}

TEST(HttpClient, TriesAgainWhenTheServerHasClosedAnIdleConnection) {
  ModelServer server;
  EventLoop loop;
  const HttpClient http = client();
  EXPECT_TRUE(loop.run(http.fetch(get(server.url() + "/v1/models"))));
  server.drop_connections();
  ASSERT_TRUE(server.wait_for_ends(1));
  const auto response = loop.run(http.fetch(post(server.url() + "/v1/chat/completions", hello)));
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(server.requests().size(), 1U);
  EXPECT_EQ(server.connections(), 2U);
}

void answer_one(tcp::socket& socket) {
  take_request(socket);
  say(socket, "200 OK");
}

TEST(HttpClient, AnIdleConnectionThatTheServerHasClosedIsClosedAtOnce) {
  std::atomic<bool> ended = false;
  const ScriptedServer server({[&](tcp::socket& socket) {
    answer_one(socket);
    socket.shutdown(tcp::socket::shutdown_send);
    wait_for_end(socket);
    ended = true;
  }});
  EventLoop loop;
  EXPECT_TRUE(loop.run(client().fetch(get(server.url()))));
  EXPECT_TRUE(loop.run_until([&] { return ended.load(); }));
}

TEST(HttpClient, AnIdleConnectionEndsAfterItsTime) {
  std::atomic<bool> ended = false;
  const ScriptedServer server({[&](tcp::socket& socket) {
    answer_one(socket);
    wait_for_end(socket);
    ended = true;
  }});
  EventLoop loop;
  HttpClientOptions options;
  options.keep_idle = 1ms;
  EXPECT_TRUE(loop.run(client(options).fetch(get(server.url()))));
  EXPECT_TRUE(loop.run_until([&] { return ended.load(); }));
}

TEST(HttpClient, AnIdleConnectionOnWhichTheServerHasSpokenIsNotUsed) {
  std::atomic<bool> spoken = false;
  const ScriptedServer server({[&](tcp::socket& socket) {
                                 answer_one(socket);
                                 say(socket, "408 Request Timeout");
                                 spoken = true;
                                 wait_for_end(socket);
                               },
                               answer_one});
  EventLoop loop;
  const HttpClient http = client();
  EXPECT_TRUE(loop.run(http.fetch(get(server.url()))));
  while (!spoken) std::this_thread::yield();  // and the loop does not run meanwhile
  const auto response = loop.run(http.fetch(post(server.url(), "")));
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->status, 200U);
}

TEST(HttpClient, ARequestThatMeetsA408OnAKeptConnectionIsSentAgain) {
  const ScriptedServer server({[](tcp::socket& socket) {
                                 answer_one(socket);
                                 take_request(socket, 4);
                                 say(socket, "408 Request Timeout");
                               },
                               [](tcp::socket& socket) {
                                 take_request(socket, 4);
                                 say(socket, "201 Created");
                               },
                               [](tcp::socket& socket) {
                                 take_request(socket);
                                 say(socket, "408 Request Timeout");
                               }});
  EventLoop loop;
  const HttpClient http = client();
  EXPECT_TRUE(loop.run(http.fetch(get(server.url()))));
  const auto response = loop.run(http.fetch(post(server.url(), "body")));
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->status, 201U);
  EventLoop another;  // has kept none: there a 408 is the answer
  EXPECT_EQ(another.run(http.fetch(get(server.url())))->status, 408U);
}

TEST(HttpClient, WhatMayHaveBeenCarriedOutIsNotSentAgain) {
  int requests = 0;
  const auto vanish = [&](tcp::socket& socket) {
    answer_one(socket);
    take_request(socket, 4);
    ++requests;
  };
  EventLoop loop;
  const HttpClient http = client();
  {
    const ScriptedServer server({vanish});
    EXPECT_TRUE(loop.run(http.fetch(get(server.url()))));
    const auto response = loop.run(http.fetch(post(server.url(), "body")));
    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().code, "connection_lost");
  }
  EXPECT_EQ(requests, 1);
}

TEST(HttpClient, AQuestionIsAskedAgainWhenAKeptConnectionEnds) {
  const ScriptedServer server({[](tcp::socket& socket) {
                                 answer_one(socket);
                                 take_request(socket);
                               },
                               answer_one});
  EventLoop loop;
  const HttpClient http = client();
  EXPECT_TRUE(loop.run(http.fetch(get(server.url()))));
  EXPECT_TRUE(loop.run(http.fetch(get(server.url()))));
}

TEST(HttpClient, ARequestThatWasNotHandedOverAsAWholeIsSentAgain) {
  const std::string much(64U << 20U, 'x');  // more than any buffer between the two holds
  const ScriptedServer server({[](tcp::socket& socket) {
                                 answer_one(socket);
                                 take_request(socket);
                                 socket.set_option(tcp::socket::linger(true, 0));
                               },
                               [&](tcp::socket& socket) {
                                 take_request(socket, much.size());
                                 say(socket, "200 OK");
                               }});
  EventLoop loop;
  const HttpClient http = client();
  EXPECT_TRUE(loop.run(http.fetch(get(server.url()))));
  const auto response = loop.run(http.fetch(post(server.url(), much)));
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->status, 200U);
}

TEST(HttpClient, ANameThatIsLookedUpForTooLongIsAnError) {
  HttpClientOptions options;
  std::promise<void> end;
  options.lookup_timeout = 10ms;
  options.names.look_up = [over = end.get_future().share()](const std::string&) -> Result<Addresses> {
    over.wait();
    return Addresses{};
  };
  EventLoop loop;
  const auto response = loop.run(client(options).fetch(get("http://slow.example/")));
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, "connect_failed");
  EXPECT_THAT(response.error().message, HasSubstr("Cannot find slow.example: no answer in time"));
  end.set_value();
}

TEST(HttpClient, ANameWhoseAddressesDoNotAnswerIsLookedUpAgain) {
  ModelServer server;
  EventLoop loop;
  HttpClientOptions options;
  auto asked = std::make_shared<std::atomic<int>>(0);
  options.names.look_up = [asked](const std::string&) -> Result<Addresses> {
    ++*asked;
    return Addresses{asio::ip::address_v4::loopback()};
  };
  options.max_idle = 0;
  const HttpClient http = client(options);
  std::string url = server.url() + "/v1/models";
  url.replace(url.find("127.0.0.1"), 9, "model.example");
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(loop.run(http.fetch(get(url))));
  EXPECT_EQ(*asked, 1) << "the answer is kept";
  server.behave(Behaviour::refuse);
  EXPECT_FALSE(loop.run(http.fetch(get(url))));
  EXPECT_FALSE(loop.run(http.fetch(get(url))));
  EXPECT_EQ(*asked, 2);
}

TEST(HttpClient, IdleConnectionsEndWithTheLoop) {
  ModelServer server;
  const HttpClient http = client();
  {
    EventLoop loop;
    EXPECT_TRUE(loop.run(http.fetch(get(server.url() + "/v1/models"))));
  }
  EXPECT_TRUE(server.wait_for_ends(1));
}

TEST(HttpExchange, GivesTheBodyAsItArrives) {
  ModelServer server;
  server.reply({test::text("first"), test::gate(), test::text("second"), test::finish()});
  EventLoop loop;
  auto exchange = client().start(loop.executor(), post(server.url() + "/v1/chat/completions", hello));
  ASSERT_EQ(loop.run(exchange.open())->status, 200U);
  EXPECT_THAT(*loop.run(exchange.read()), HasSubstr("first"));
  server.release();
  std::string rest = *loop.run(exchange.read_to_end());
  EXPECT_THAT(rest, HasSubstr("second"));
  EXPECT_THAT(rest, testing::EndsWith("data: [DONE]\n\n"));
  EXPECT_EQ(*loop.run(exchange.read()), "");
}

TEST(HttpExchange, TimeLimits) {
  ModelServer server;
  EventLoop loop;
  server.behave(Behaviour::hang);
  auto request = get(server.url() + "/v1/models");
  request.idle_timeout = 50ms;
  EXPECT_EQ(loop.run(client().fetch(request)).error().code, "timed_out");
  EXPECT_TRUE(server.wait_for_ends(1));

  server.behave(Behaviour::hang_later);
  request = post(server.url() + "/v1/chat/completions", hello);
  request.total_timeout = 50ms;
  EXPECT_EQ(loop.run(client().fetch(request)).error().code, "timed_out");
  EXPECT_TRUE(server.wait_for_ends(2));
}

/// Starts the request, waits until `ready`, aborts; the error that comes of it.
template <class Ready>
std::string aborted_when(HttpExchange& exchange, EventLoop& loop, Ready ready) {
  auto opening = loop.start(exchange.open());
  loop.poll();
  const auto deadline = Clock::now() + 10s;
  while (!ready() && Clock::now() < deadline) loop.poll();
  EXPECT_FALSE(opening->done());
  exchange.abort();
  const auto opened = loop.finish(opening);
  return opened ? "no error" : opened.error().code;
}

TEST(HttpExchange, AbortWhileConnecting) {
  const FullServer full;
  EventLoop loop;
  HttpClientOptions options;
  options.connect_timeout = 60s;
  auto exchange = client(options).start(loop.executor(), get("http://" + full.authority()));
  EXPECT_EQ(aborted_when(exchange, loop, [] { return true; }), "aborted");
}

TEST(HttpExchange, ConnectTimeout) {
  const FullServer full;
  EventLoop loop;
  HttpClientOptions options;
  options.connect_timeout = 50ms;
  const auto response = loop.run(client(options).fetch(get("http://" + full.authority())));
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, "connect_failed");
  EXPECT_THAT(response.error().message, HasSubstr("no answer in time"));
}

TEST(HttpExchange, AbortWhileTheNameIsLookedUp) {
  EventLoop loop;
  auto exchange = client().start(loop.executor(), get("http://" + std::string(70, 'x')));
  auto opening = loop.start(exchange.open());
  exchange.abort();
  EXPECT_EQ(loop.finish(opening).error().code, "aborted");
}

TEST(HttpExchange, AbortInTheMiddleOfATlsHandshake) {
  SilentServer server;
  EventLoop loop;
  HttpClientOptions options;
  options.connect_timeout = 60s;
  auto exchange = client(options).start(loop.executor(), get("https://" + server.authority()));
  std::atomic<bool> seen = false;
  std::string sent;
  std::jthread reader([&] {
    sent = server.all_of_next();
    seen = true;
  });
  auto opening = loop.start(exchange.open());
  for (int i = 0; i < 100; ++i) loop.poll();
  EXPECT_FALSE(opening->done());
  exchange.abort();
  EXPECT_EQ(loop.finish(opening).error().code, "aborted");
  reader.join();  // the server has seen the end
  EXPECT_TRUE(seen);
}

TEST(HttpExchange, AbortWhileWaitingForTheResponse) {
  ModelServer server;
  server.behave(Behaviour::hang);
  EventLoop loop;
  auto exchange = client().start(loop.executor(), post(server.url() + "/v1/chat/completions", hello));
  EXPECT_EQ(aborted_when(exchange, loop, [&] { return !server.requests().empty(); }), "aborted");
  EXPECT_TRUE(server.wait_for_abandoned(1));
  EXPECT_EQ(loop.run(exchange.read()).error().code, "aborted");
}

TEST(HttpExchange, AbortInTheMiddleOfTheBody) {
  ModelServer server;
  server.reply({test::text("first"), test::gate()});
  EventLoop loop;
  auto exchange = client().start(loop.executor(), post(server.url() + "/v1/chat/completions", hello));
  ASSERT_TRUE(loop.run(exchange.open()));
  ASSERT_TRUE(loop.run(exchange.read()));
  auto reading = loop.start(exchange.read());
  loop.poll();
  EXPECT_FALSE(reading->done());
  exchange.abort();
  EXPECT_EQ(loop.finish(reading).error().code, "aborted");
  EXPECT_TRUE(server.wait_for_abandoned(1));
}

TEST(HttpExchange, DestructionAborts) {
  ModelServer server;
  server.reply({test::text("first"), test::gate()});
  EventLoop loop;
  auto exchange = std::make_unique<HttpExchange>(
      client().start(loop.executor(), post(server.url() + "/v1/chat/completions", hello)));
  ASSERT_TRUE(loop.run(exchange->open()));
  ASSERT_TRUE(loop.run(exchange->read()));
  auto reading = loop.start(exchange->read());
  loop.poll();
  exchange.reset();
  EXPECT_EQ(loop.finish(reading).error().code, "aborted");
  EXPECT_TRUE(server.wait_for_abandoned(1));
}

TEST(HttpClientTls, TrustsTheCertificatesItIsGiven) {
  ModelServer server({.tls = true});
  EventLoop loop;
  HttpClientOptions options;
  options.ca_file = server.certificate_file();
  const HttpClient http = client(options);
  for (int i = 0; i < 3; ++i) {
    const auto response = loop.run(http.fetch(post(server.url() + "/v1/chat/completions", hello)));
    ASSERT_TRUE(response) << response.error().message;
    EXPECT_THAT(response->body, HasSubstr("You said:"));
  }
  EXPECT_EQ(server.connections(), 1U);
}

TEST(HttpClientTls, TrustsNobodyElse) {
  ModelServer server({.tls = true});
  EventLoop loop;
  const auto response = loop.run(client().fetch(get(server.url() + "/v1/models")));
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, "tls_failed");
  EXPECT_THAT(response.error().message, HasSubstr("self-signed certificate"));
}

TEST(HttpClientTls, ChecksTheHostsName) {
  ModelServer server({.tls = true, .certificate_host = "elsewhere.test"});
  EventLoop loop;
  HttpClientOptions options;
  options.ca_file = server.certificate_file();
  const auto response = loop.run(client(options).fetch(get(server.url() + "/v1/models")));
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, "tls_failed");
  EXPECT_THAT(response.error().message, HasSubstr("its certificate is for another name"));
}

TEST(HttpClientTls, AServerThatDoesNotSpeakIt) {
  ModelServer server;
  EventLoop loop;
  std::string url = server.url();
  const auto response = loop.run(client().fetch(get(url.replace(0, 4, "https"))));
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, "tls_failed");
}

TEST(HttpClientTls, CertificatesThatCannotBeRead) {
  HttpClientOptions options;
  options.ca_file = "/nowhere/ca.pem";
  const auto created = HttpClient::create(options);
  ASSERT_FALSE(created);
  EXPECT_EQ(created.error().code, "invalid_configuration");
  EXPECT_THAT(created.error().message, HasSubstr("/nowhere/ca.pem"));
}

}  // namespace
}  // namespace unmuted::net
