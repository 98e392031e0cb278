// Connections as they are made, within a time; what they carry is tested with HTTP and WebSockets.
#include "net/connect.hpp"

#include <chrono>
#include <functional>
#include <future>
#include <string>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/clock.hpp"
#include "net/websocket.hpp"
#include "support/event_loop.hpp"
#include "support/model_server.hpp"

namespace unmuted::net {
namespace {

using namespace std::chrono_literals;
using asio::ip::tcp;
using test::EventLoop;
using test::ModelServer;
using testing::HasSubstr;

std::shared_ptr<Connector> connector(ConnectorOptions options = {}) {
  options.lookup_timeout = 60s;
  options.connect_timeout = 60s;
  auto created = Connector::create(std::move(options));
  if (!created) throw std::runtime_error(created.error().message);
  return *created;
}

/// What came of it: the connection ends at once.
awaitable<Result<void>> outcome_of(awaitable<Result<Stream>> connecting) {
  const auto stream = co_await std::move(connecting);
  if (!stream) co_return tl::unexpected(stream.error());
  co_return Result<void>();
}

Result<void> connect(EventLoop& loop, const std::shared_ptr<Connector>& with, const std::string& url,
                     std::chrono::milliseconds time) {
  return loop.run(outcome_of(with->connect(*parse_url(url), Clock::now() + time)));
}

TEST(Connector, InClearAndOverTls) {
  ModelServer plain;
  ModelServer secure({.tls = true});
  EventLoop loop;
  EXPECT_TRUE(connect(loop, connector(), plain.url(), 10s));
  ConnectorOptions options;
  options.ca_file = secure.certificate_file();
  const auto connected = connect(loop, connector(options), secure.url(), 10s);
  EXPECT_TRUE(connected) << connected.error().message;
  const auto distrusted = connect(loop, connector(), secure.url(), 10s);
  ASSERT_FALSE(distrusted);
  EXPECT_EQ(distrusted.error().code, "tls_failed");
}

TEST(Connector, TheDeadlineEndsALookUpThatHangs) {
  auto release = std::make_shared<std::promise<void>>();
  ConnectorOptions options;
  options.names.look_up = [released =
                               release->get_future().share()](const std::string&) -> Result<Addresses> {
    released.wait();
    return Addresses{};
  };
  EventLoop loop;
  const auto connected = connect(loop, connector(options), "http://hangs.example", 50ms);
  ASSERT_FALSE(connected);
  EXPECT_EQ(connected.error().code, "connect_failed");
  EXPECT_EQ(connected.error().message, "Cannot find hangs.example: no answer in time");
  release->set_value();
}

TEST(Connector, TheDeadlineEndsAHandshakeThatHangs) {
  asio::io_context io;
  tcp::acceptor silent(io, {asio::ip::address_v4::loopback(), 0});
  EventLoop loop;
  const std::string url = "https://127.0.0.1:" + std::to_string(silent.local_endpoint().port());
  const auto connected = connect(loop, connector(), url, 50ms);
  ASSERT_FALSE(connected);
  EXPECT_EQ(connected.error().code, "tls_failed");
  EXPECT_THAT(connected.error().message, HasSubstr("no answer in time"));
}

TEST(Connector, SaysWhenAServerDoesNotSpeakTls) {
  ModelServer plain;
  EventLoop loop;
  std::string url = plain.url();
  const auto connected = connect(loop, connector(), url.replace(0, 4, "https"), 10s);
  ASSERT_FALSE(connected);
  EXPECT_EQ(connected.error().code, "tls_failed");
}

TEST(Connecting, CanBeGivenUp) {
  asio::io_context io;
  tcp::acceptor silent(io, {asio::ip::address_v4::loopback(), 0});
  EventLoop loop;
  const std::string url = "https://127.0.0.1:" + std::to_string(silent.local_endpoint().port());
  Connecting connecting(loop.executor(), connector(), *parse_url(url));
  auto running = loop.start(outcome_of(connecting.run(Clock::now() + 60s)));
  for (int i = 0; i < 100; ++i) loop.poll();
  EXPECT_FALSE(running->done());
  connecting.abort();
  EXPECT_FALSE(loop.finish(running));
}

TEST(Connecting, TriesOneAddressOfTheHostsThatIsGiven) {
  ModelServer server;
  ConnectorOptions options;
  options.names.look_up = [](const std::string&) -> Result<Addresses> {
    return Addresses{asio::ip::make_address("127.0.0.2"), asio::ip::make_address("127.0.0.1")};
  };
  const auto with = connector(options);
  EventLoop loop;
  std::string text = server.url();
  const Url url = *parse_url(text.replace(text.find("127.0.0.1"), 9, "many.example"));
  Connecting looking(loop.executor(), with, url);
  const auto addresses = loop.run(looking.look_up(Clock::now() + 10s));
  ASSERT_TRUE(addresses) << addresses.error().message;
  ASSERT_EQ(addresses->size(), 2U);
  Connecting first(loop.executor(), with, url);
  const auto refused = loop.run(outcome_of(first.connect_to(addresses->front(), Clock::now() + 10s)));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "connect_failed");
  Connecting second(loop.executor(), with, url);
  EXPECT_TRUE(loop.run(outcome_of(second.connect_to(addresses->back(), Clock::now() + 10s))));
}

/// What an upgrade comes to, when the connection is cut in the middle of it.
awaitable<Result<void>> upgrade(std::shared_ptr<Connector> with, Url url, std::function<void()>& cut) {
  auto stream = co_await with->connect(url, Clock::now() + 60s);
  if (!stream) co_return tl::unexpected(stream.error());
  cut = stream->cutter();
  ConnectOptions options;
  options.websocket.handshake_timeout = 60s;
  const auto upgraded = co_await begin_websocket(std::move(*stream), url, options);
  if (!upgraded) co_return tl::unexpected(upgraded.error());
  co_return Result<void>();
}

TEST(BeginWebSocket, AnUpgradeThatHangsCanBeCut) {
  asio::io_context io;
  tcp::acceptor silent(io, {asio::ip::address_v4::loopback(), 0});
  EventLoop loop;
  const Url url = *parse_url("ws://127.0.0.1:" + std::to_string(silent.local_endpoint().port()) + "/here");
  std::function<void()> cut;
  auto running = loop.start(upgrade(connector(), url, cut));
  ASSERT_TRUE(loop.run_until([&] { return cut != nullptr; }));
  EXPECT_FALSE(running->done());
  cut();
  const auto upgraded = loop.finish(running);
  ASSERT_FALSE(upgraded);
  EXPECT_EQ(upgraded.error().code, "upgrade_refused");
  cut();  // it is gone
}

}  // namespace
}  // namespace unmuted::net
