// A real Redis server, and what it is asked.
#include "net/redis_client.hpp"

#include <chrono>
#include <string>
#include <thread>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/event_loop.hpp"
#include "support/redis_server.hpp"

namespace unmuted::net {
namespace {

using namespace std::chrono_literals;
using test::EventLoop;
using test::RedisServer;
using testing::HasSubstr;
using testing::Not;
using Words = std::vector<std::string>;

Result<std::optional<std::string>> ask(const std::string& url, Words command, Duration patience = 20s) {
  auto address = RedisAddress::of(url);
  if (!address) return tl::unexpected(address.error());
  auto client = RedisClient::create(*address);
  if (!client) return tl::unexpected(client.error());
  EventLoop loop;
  return loop.run(client->ask(std::move(command), patience));
}

/// What came back as text; of an error its code.
std::string answer(const std::string& url, Words command, Duration patience = 20s) {
  const auto got = ask(url, std::move(command), patience);
  if (!got) return got.error().code;
  return got->value_or("nothing");
}

TEST(RedisAddress, IsReadAsOthersReadIt) {
  const auto plain = RedisAddress::of("redis://Localhost");
  ASSERT_TRUE(plain) << plain.error().message;
  EXPECT_EQ(plain->host, "localhost");
  EXPECT_EQ(plain->port, "6379");
  EXPECT_FALSE(plain->secure);
  EXPECT_EQ(plain->password + plain->user + plain->database, "");
  EXPECT_EQ(plain->shown(), "redis://localhost:6379");

  const auto all = RedisAddress::of("REDISS://ann:p%40ss%2Fword:1@[::1]:7000/12");
  ASSERT_TRUE(all) << all.error().message;
  EXPECT_EQ(all->user, "ann");
  EXPECT_EQ(all->password, "p@ss/word:1");
  EXPECT_EQ(all->host, "::1");
  EXPECT_EQ(all->port, "7000");
  EXPECT_EQ(all->database, "12");
  EXPECT_TRUE(all->secure);
  EXPECT_EQ(all->shown(), "rediss://[::1]:7000/12");
  EXPECT_TRUE(RedisAddress::of("redis://:secret@host/"));
}

TEST(RedisAddress, OrRefusedWithoutItsPassword) {
  for (const char* url :
       {"", "localhost:6379", "http://localhost", "redis://", "redis://:6379", "redis://host:0x",
        "redis://host/one", "redis://host/1?db=2", "redis://secret@host", "redis://a:%4@host",
        "redis://a:%zz@host", "redis://a:secret@host:port", "redis://a:secret@host/1234567"}) {
    const auto address = RedisAddress::of(url);
    ASSERT_FALSE(address) << url;
    EXPECT_EQ(address.error().code, "invalid_url") << url;
    EXPECT_THAT(address.error().message, Not(HasSubstr("secret"))) << url;
  }
}

TEST(RedisClient, StoresAndFindsAnyBytes) {
  const RedisServer redis;
  const std::string bytes("a\r\n\0b\xff", 6);
  EXPECT_EQ(answer(redis.url(), {"SET", "k", bytes}), "OK");
  EXPECT_EQ(answer(redis.url(), {"GET", "k"}), bytes);
  EXPECT_EQ(answer(redis.url(), {"GET", "other"}), "nothing");
  EXPECT_EQ(answer(redis.url(), {"STRLEN", "k"}), "6");
  const std::string large(4U << 20U, 'x');
  EXPECT_EQ(answer(redis.url(), {"SET", "large", large}), "OK");
  EXPECT_EQ(answer(redis.url(), {"GET", "large"}), large);
  EXPECT_EQ(answer(redis.url() + "/3", {"GET", "k"}), "nothing");
  EXPECT_EQ(answer(redis.url() + "/3", {"SET", "k", "three"}), "OK");
  EXPECT_EQ(answer(redis.url() + "/3", {"GET", "k"}), "three");
  EXPECT_EQ(answer(redis.url(), {"GET", "k"}), bytes);
}

TEST(RedisClient, SaysWhatTheServerRefuses) {
  const RedisServer redis("sesame");
  EXPECT_EQ(answer(redis.url(), {"PING"}), "PONG");
  std::string without = redis.url();
  without.erase(without.find(':', 6), std::string(":sesame@").size());
  const auto refused = ask(without, {"PING"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "service_unavailable");
  EXPECT_THAT(refused.error().message, HasSubstr("NOAUTH"));
  std::string wrong = redis.url();
  wrong.replace(wrong.find("sesame"), 6, "barley");
  const auto distrusted = ask(wrong, {"PING"});
  ASSERT_FALSE(distrusted);
  EXPECT_THAT(distrusted.error().message, HasSubstr("WRONGPASS"));
  EXPECT_THAT(distrusted.error().message, Not(HasSubstr("barley")));
  EXPECT_EQ(answer(redis.url() + "/999999", {"PING"}), "service_unavailable");
  EXPECT_EQ(answer(redis.url(), {"LRANGE", "k", "0", "1"}), "invalid_response");  // a list
}

TEST(RedisClient, AServerMayDieAndComeBack) {
  RedisServer redis;
  EXPECT_EQ(answer(redis.url(), {"PING"}), "PONG");
  redis.die();
  EXPECT_EQ(answer(redis.url(), {"PING"}), "connect_failed");
  redis.start();
  EXPECT_EQ(answer(redis.url(), {"PING"}), "PONG");
  redis.freeze();
  EXPECT_EQ(answer(redis.url(), {"PING"}, 50ms), "timed_out");
  redis.go_on();
  EXPECT_EQ(answer(redis.url(), {"PING"}), "PONG");
}

/// What a server that says this is taken for.
std::string redis_answer_to(const std::string& bytes) {
  asio::io_context io;
  asio::ip::tcp::acceptor acceptor(io, {asio::ip::address_v4::loopback(), 0});
  std::jthread server([&] {
    asio::ip::tcp::socket socket = acceptor.accept();
    std::array<char, 256> request{};
    boost::system::error_code gone;
    socket.read_some(asio::buffer(request), gone);
    asio::write(socket, asio::buffer(bytes), gone);
  });
  return answer("redis://127.0.0.1:" + std::to_string(acceptor.local_endpoint().port()), {"PING"});
}

TEST(RedisClient, WhatIsNoRedisIsNoticed) {
  EXPECT_EQ(redis_answer_to("HTTP/1.1 400 Bad Request\r\n\r\n"), "invalid_response");
  EXPECT_EQ(redis_answer_to("$-5\r\n"), "invalid_response");
  EXPECT_EQ(redis_answer_to(""), "connection_lost");
  EXPECT_EQ(redis_answer_to("$10\r\nabc"), "connection_lost");
  EXPECT_EQ(redis_answer_to("+PONG\r\n"), "PONG");
  EXPECT_EQ(redis_answer_to("$" + std::to_string(RedisClient::max_reply + 1) + "\r\n" +
                            std::string(RedisClient::max_reply + 1, 'x') + "\r\n"),
            "invalid_response");
}

}  // namespace
}  // namespace unmuted::net
